"""What the replica is made of: publications of sentences, whose truth is known word by word."""

from dataclasses import dataclass

# The line that marks every page, feed, answer and file as invented.
DEMO_NOTICE = (
    "Frei erfundener Demo-Inhalt der Querverweis-Nachbildung, keine amtliche Veröffentlichung."
)

MINISTRY = "digitale-verwaltung"
GUIDE = "ozg-leitfaden"
COUNCIL = "it-planungsrat"
FORUM = "ozg-kommunal"
NETWORKS = "netze-ministerium"
AGENCY = "digitalagentur"
PAPER = "kommunalblatt"
LEAGUE = "gemeindeverband"
PROVIDER = "kdz-seenland"
PORTAL = "datenportal"

HOSTS = {
    MINISTRY: "www.digitale-verwaltung.de",
    GUIDE: "leitfaden.ozg-umsetzung.de",
    COUNCIL: "www.it-planungsrat.de",
    FORUM: "www.ozg-kommunal.de",
    NETWORKS: "www.netze-ministerium.example",
    AGENCY: "www.digitalagentur.example",
    PAPER: "www.kommunalblatt.example",
    LEAGUE: "www.gemeindeverband.example",
    PROVIDER: "www.kdz-seenland.example",
    PORTAL: "daten.mitteland.example",
}
FORMER_HOST = "www.onlinezugangsgesetz.de"
ARCHIVE_HOST = "leitfaden-archiv.ozg-umsetzung.de"  # the guide once more, as a static export
# The platforms whose names are invented, too; those before are named after the mission.
FEDERATION = (NETWORKS, AGENCY, PAPER, LEAGUE, PROVIDER, PORTAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A subject with its stock of titles and sentences, one file under `texts/`."""

    id: str
    name: str
    topic: str  # slug of the OZG subject, or of the second axis
    field: str  # as the ministry prints it beside "Meldung"
    titles: tuple[str, ...]
    sentences: tuple[str, ...]
    questions: tuple[str, ...]
    problems: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A hyperlink as it is published."""

    text: str
    href: str
    target: str | None  # key of the publication meant; None: dead or foreign


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence with what is planted in it."""

    text: str
    references: tuple[tuple[str, str], ...] = ()  # kind, key
    anchor: Anchor | None = None


Paragraph = tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One contribution to a topic of the forum."""

    id: int
    number: int
    author: str
    at: str  # RFC 3339
    paragraphs: tuple[Paragraph, ...]
    accepted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One thing that a platform publishes, in one round."""

    platform: str
    form: str  # meldung presse interview termin artikel download newsletter faq ...
    kind: str  # item kind of the contract
    theme: str
    sources: tuple[str, ...]  # ids in sources.yaml, in their order there
    key: str
    path: str  # with query, on the platform's host
    title: str
    published: str | None  # RFC 3339 or day
    evidence: str
    modified: str  # RFC 3339: lastmod, Last-Modified, version date
    since: int = 1  # the round in which it appears
    number: int = 0  # page id, topic id, id of an attachment
    parent: int = 0  # page that an attachment hangs on
    version: int = 1
    heading: str = ""  # line above the text, such as "IT-Planungsrat | 26.03.2025 | ..."
    former_paths: tuple[str, ...] = ()  # answer 301 to `path`
    identifiers: tuple[str, ...] = ()
    paragraphs: tuple[Paragraph, ...] = ()
    further: tuple[Anchor, ...] = ()  # a mere list of links under the text
    posts: tuple[Post, ...] = ()

    @property
    def host(self) -> str:
        """The host that serves it."""
        return HOSTS[self.platform]

    @property
    def url(self) -> str:
        """Its present address."""
        return f"http://{self.host}{self.path}"

    @property
    def all_paragraphs(self) -> tuple[Paragraph, ...]:
        """The text, for a topic that of all posts."""
        return self.paragraphs + tuple(p for post in self.posts for p in post.paragraphs)

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """All sentences in reading order."""
        return tuple(sentence for paragraph in self.all_paragraphs for sentence in paragraph)

    @property
    def text(self) -> str:
        """The plain text, paragraphs separated by a blank line."""
        return "\n\n".join(" ".join(s.text for s in p) for p in self.all_paragraphs)


def sentence_of(paragraph: Paragraph) -> str:
    """Return a paragraph as running text."""
    return " ".join(sentence.text for sentence in paragraph)
