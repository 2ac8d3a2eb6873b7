"""The two rounds: what the second one adds, changes, moves, takes away and breaks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from aggregator.replica.content import federation, ministry, partners
from aggregator.replica.content.copies import Group, copied
from aggregator.replica.content.links import linked
from aggregator.replica.content.partners import wiki_path
from aggregator.replica.stock import Composer, sentence
from aggregator.replica.values import Post, Publication

_CHANGED_AT = "2026-11-24T07:45:00Z"
_SUPPLEMENTS = (
    "Ergänzt wurde ein Hinweis auf die verlängerte Übergangsfrist und die neue Beratungsnummer.",
    "Die Angaben zu Kosten und Ansprechstellen wurden nach Hinweisen aus den Kreisen berichtigt.",
    "Neu hinzugekommen ist ein Abschnitt über die Prüfung durch die Innenrevision.",
)
# Form -> places, among those of the first round that take part in no copy, that change.
_CHANGED = {"meldung": (6, 20), "artikel": (17,), "download": (4,), "leitfaden": (2, 9),
            "beschluss": (7,), "thema": (12, 19), "netze": (3,), "agentur": (5,),
            "blatt": (2, 8), "verband": (4,), "kdz": (6,), "daten": (3, 9),
            "datei": (2,)}  # fmt: skip
_RENAMED = 14  # a page of the wiki that gets another title
_MOVED = {"artikel": (15, 16, 18), "netze": (8,), "blatt": (5,), "verband": (7,)}
_GONE = {"meldung": (3, 31), "leitfaden": (12,), "thema": (24,), "netze": (12,), "agentur": (9,),
         "blatt": (10,), "verband": (11,), "daten": (7,)}  # fmt: skip
# Posts of the paper whose counter and day of change move on, and nothing else.
_COUNTED = {"blatt": (1, 12)}
# Sources that answer 304, or the same bytes, in the second round.
UNCHANGED_SOURCES = ("dv-interviews", "dv-termine", "dv-faq", "dv-handreichung", "itplr-aktuelles")
# Sources that break in the second round, with the state and the reason; nothing of them is lost.
BROKEN_SOURCES = {
    "dv-newsletter": ("suspect", "feed_is_html"),
    "netze-termine": ("suspect", "selector_empty"),  # a relaunch renamed a class
    "agentur-rundbrief": ("failed", "http_error"),  # 404
    "verband-rundschreiben": ("gone", "http_error"),  # 410
    "kdz-betrieb": ("failed", "http_error"),  # 500
}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that is published in one round."""

    round: int
    publications: tuple[Publication, ...]
    groups: tuple[Group, ...]
    moved: Mapping[str, str] = field(default_factory=dict)  # key -> former path
    changed: tuple[str, ...] = ()
    gone: tuple[Publication, ...] = ()
    counted: tuple[str, ...] = ()  # keys of what only its counter sets apart


@cache
def world(number: int) -> World:
    """Return the world of a round (1 or 2)."""
    everything, groups = _everything()
    first = tuple(publication for publication in everything if publication.since == 1)
    if number == 1:
        return World(round=1, publications=first, groups=groups)
    free = _free(first, groups)
    gone = tuple(free[form][place] for form, places in _GONE.items() for place in places)
    edits = [_edited(free[form][place], turn) for form, places in _CHANGED.items()
             for turn, place in enumerate(places)]  # fmt: skip
    edits.append(_renamed(free["leitfaden"][_RENAMED]))
    moves = [free[form][place] for form, places in _MOVED.items() for place in places]
    others = {publication.key: publication for publication in everything}
    counted = [free[form][place] for form, places in _COUNTED.items() for place in places]
    others |= {edit.key: edit for edit in edits} | {move.key: _moved(move) for move in moves}
    for publication in gone:
        del others[publication.key]
    return World(
        round=2,
        publications=tuple(others.values()),
        groups=groups,
        moved={move.key: move.path for move in moves},
        changed=tuple(edit.key for edit in edits),
        gone=gone,
        counted=tuple(p.key for p in counted),
    )


def last_world() -> World:
    """Return the world of the last round, which knows what will have gone."""
    return world(2)


@cache
def _everything() -> tuple[tuple[Publication, ...], tuple[Group, ...]]:
    composer = Composer()
    publications = [
        *ministry.publications(composer),
        *partners.guide(composer),
        *partners.decisions(composer),
        *partners.council_news(composer),
        *partners.topics(composer),
        *federation.publications(composer),
    ]
    publications, groups = copied(publications)
    return tuple(linked(publications)), groups


def _free(
    publications: tuple[Publication, ...], groups: tuple[Group, ...]
) -> dict[str, list[Publication]]:
    """Return what may change without touching a planted copy, by form."""
    taken = {key for group in groups for key in group.keys}
    found: dict[str, list[Publication]] = {}
    for publication in publications:
        if publication.key not in taken:
            found.setdefault(publication.form, []).append(publication)
    # Most articles are originals of copies; the places above name those that are not.
    found["artikel"] = [p for p in publications if p.form == "artikel"]
    return found


def _edited(publication: Publication, turn: int) -> Publication:
    """Return the publication with a supplement, and what its system counts up with it."""
    if publication.posts:
        return _answered(publication)
    supplement = sentence(_SUPPLEMENTS[turn % len(_SUPPLEMENTS)])
    *head, tail = publication.paragraphs
    version = publication.version + 1
    path = publication.path
    if publication.form == "download":
        path = f"{path.rpartition('&v=')[0]}&v={version}"
    return replace(
        publication,
        paragraphs=(*head, (*tail, supplement)),
        version=version,
        path=path,
        modified=_CHANGED_AT,
    )


def _answered(topic: Publication) -> Publication:
    """Return the topic with one more post."""
    last = topic.posts[-1]
    text = "Kurze Rückmeldung: Der Weg trägt, wir haben ihn in die Dienstanweisung geschrieben."
    post = Post(
        id=last.id + 500,
        number=last.number + 1,
        author=topic.posts[0].author,
        at=_CHANGED_AT,
        paragraphs=((sentence(text),),),
    )
    return replace(topic, posts=(*topic.posts, post), modified=_CHANGED_AT)


def _renamed(page: Publication) -> Publication:
    title = f"{page.title} in der Praxis"
    return replace(
        page,
        title=title,
        path=wiki_path(title, page.number),
        version=page.version + 1,
        modified=_CHANGED_AT,
    )


def _moved(page: Publication) -> Publication:
    """Return a page under its new address; the old one redirects for good."""
    old, new = {
        "artikel": ("/DE/onlinezugangsgesetz/", "/DE/digitale-verwaltung/themen/"),
        "netze": ("/Pressemitteilungen/", "/Meldungen/"),
        "blatt": (page.path[11:], f"/nachgefragt{page.path[11:].replace('/', '-', 1)}"),
        "verband": (page.path.rpartition("/")[2], f"{page.number}-neu-gefasst"),
    }[page.form]
    path = page.path.replace(old, new, 1)
    return replace(page, path=path, former_paths=(page.path,), modified=_CHANGED_AT)
