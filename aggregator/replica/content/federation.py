"""The further platforms: a second ministry, an agency, a paper, a league, a centre, a portal.

One row of `_PLANS` is one form of publication; the sites render them in their dialects.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from aggregator.replica.content.naming import at_work, later, name_key, slug, spread, stamped
from aggregator.replica.stock import Composer, every_theme, pick, themes
from aggregator.replica.values import (
    AGENCY,
    HOSTS,
    LEAGUE,
    NETWORKS,
    PAPER,
    PORTAL,
    PROVIDER,
    Anchor,
    Paragraph,
    Publication,
    Theme,
)

_SECOND_ROUND = date(2026, 11, 24)
# Feeds of four circulars each, whose addresses fail in the second round.
CIRCULARS = {
    "agentur-rundbrief": (AGENCY, "Rundbrief der Digitalagentur"),
    "verband-rundschreiben": (LEAGUE, "Rundschreiben des Verbands"),
    "kdz-betrieb": (PROVIDER, "Betriebsmeldung des Rechenzentrums"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How the publications of a form come about."""

    form: str
    platform: str
    source: str
    kind: str
    frame: str
    titles: tuple[tuple[Theme, str], ...]
    late: int = 0  # how many of the last ones appear in the second round
    first: date
    last: date = date(2026, 11, 6)
    evidence: str = "text"  # then only the day is known


def _further() -> tuple[Theme, ...]:
    return every_theme()[len(themes()) :]


def _raw(*numbers: int) -> tuple[tuple[Theme, str], ...]:
    """Return titles of the further themes as they are."""
    return tuple((theme, theme.titles[number]) for number in numbers for theme in _further())


def _said(
    *patterns: str, about: tuple[Theme, ...] = (), begin: int = 0, count: int = 0
) -> tuple[tuple[Theme, str], ...]:
    """Return titles about some themes and `count` of the first ones, in turns of the patterns."""
    chosen = (*about, *(themes() * 2)[begin : begin + count])
    return tuple(
        (theme, patterns[place % len(patterns)].format(theme.name))
        for place, theme in enumerate(chosen)
    )


def _plans() -> tuple[_Plan, ...]:
    return (*_offices(), *_municipal(), *_circulars(), *_documents())


def _offices() -> Iterator[_Plan]:
    """Yield what the ministry and the two offices of a state publish."""
    yield _Plan(
        form="netze", platform=NETWORKS, source="netze-presse", kind="press_release",
        frame="netze", titles=(*_raw(0, 1, 2), *_said("Förderaufruf {}", begin=6, count=2)),
        late=2, first=date(2025, 2, 3),
    )  # fmt: skip
    yield _Plan(
        form="netztermin", platform=NETWORKS, source="netze-termine", kind="event",
        frame="termin", titles=_said("Regionalkonferenz {}", about=_further()[:6]),
        first=date(2026, 4, 1), last=date(2026, 10, 30),
    )  # fmt: skip
    reports = ("Werkstattbericht {}", "{}: drei Lehren aus dem ersten Jahr")
    yield _Plan(
        form="agentur", platform=AGENCY, source="agentur-aktuelles", kind="news",
        frame="agentur",
        titles=(*_raw(4), *_said(*reports, about=_further(), begin=3, count=12)),
        late=2, first=date(2024, 9, 2),
    )  # fmt: skip
    yield _Plan(
        form="daten", platform=PORTAL, source="daten-saetze", kind="document", frame="daten",
        titles=_said("{}: Kennzahlen der Gemeinden", "Fallzahlen {}", about=_further(), begin=14,
                     count=15),
        late=1, first=date(2023, 1, 9), evidence="structured",
    )  # fmt: skip


def _municipal() -> Iterator[_Plan]:
    """Yield what paper, league and data centre publish."""
    stories = ("{}: Was Kommunen jetzt wissen sollten", "Hinter den Kulissen: {}", "Streitpunkt {}")
    yield _Plan(
        form="blatt", platform=PAPER, source="blatt-beitraege", kind="news", frame="blatt",
        titles=(*_raw(5), *_said(*stories, about=_further(), begin=0, count=20)),
        late=2, first=date(2025, 5, 5), evidence="structured",
    )  # fmt: skip
    positions = ("Stellungnahme zum Vorhaben {}", "{}: Umfrage im Verband")
    yield _Plan(
        form="verband", platform=LEAGUE, source="verband-presse", kind="press_release",
        frame="verband",
        titles=(*_raw(3), *_said(*positions, about=_further(), begin=16, count=11)),
        late=1, first=date(2024, 3, 4),
    )  # fmt: skip
    notices = ("Neue Fassung für {} im Rechenzentrum", "Schulung {} im Seenland")
    yield _Plan(
        form="kdz", platform=PROVIDER, source="kdz-meldungen", kind="news", frame="kdz",
        titles=_said(*notices, about=_further(), begin=22, count=14),
        late=2, first=date(2025, 11, 3), evidence="feed",
    )  # fmt: skip


def _documents() -> Iterator[_Plan]:
    kinds = ("Betriebshandbuch {}", "Maßnahmenliste {}", "Merkblatt {}")
    yield _Plan(
        form="datei", platform=PROVIDER, source="kdz-dateien", kind="document",
        frame="kdz", titles=_said(*kinds, about=_further(), begin=25, count=5),
        late=1, first=date(2024, 2, 5), evidence="structured",
    )  # fmt: skip


def _circulars() -> Iterator[_Plan]:
    for place, (source, (platform, name)) in enumerate(CIRCULARS.items()):
        yield _Plan(
            form="rundbrief", platform=platform, source=source, kind="news", frame="verband",
            titles=_said(f"{name}: {{}}", begin=2 + 8 * place, count=4),
            first=date(2026, 5, 4), evidence="feed",
        )  # fmt: skip


def publications(composer: Composer) -> Iterator[Publication]:
    """Yield everything that the further platforms publish in either round."""
    for plan in _plans():
        for place, (theme, title) in enumerate(plan.titles):
            yield _made(composer, plan, place, theme, title)


def _made(composer: Composer, plan: _Plan, place: int, theme: Theme, title: str) -> Publication:
    seed = f"{plan.form}{title}"
    composer.begin(seed)
    count = len(plan.titles) - plan.late
    since = 2 if place >= count else 1
    on = spread(seed, place, count, plan.first, plan.last) if since == 1 else _SECOND_ROUND
    at = stamped(at_work(on, seed))
    number = 3100 + 17 * place + pick(seed, 15)
    path = address(plan.form, title, number, at)
    return Publication(
        platform=plan.platform,
        form=plan.form,
        kind=plan.kind,
        theme=theme.id,
        sources=(plan.source,),
        key=key(plan.platform, plan.form, path, number),
        path=path,
        title=title,
        published=on.isoformat() if plan.evidence == "text" else at,
        evidence=plan.evidence,
        modified=later(on, seed, within=9) if since == 1 else "2026-11-24T09:40:00Z",
        since=since,
        number=number,
        paragraphs=_paragraphs(composer, plan, theme, seed),
        further=_files(title, number) if plan.form == "daten" else (),
    )


def address(form: str, title: str, number: int, at: str) -> str:
    """Return the address that the system of a form gives to a publication."""
    year, month, day = at[:4], at[5:7], at[8:10]
    name = slug(title)
    return {
        "netze": f"/SharedDocs/DE/Pressemitteilungen/{year}/{number % 1000:03}-{name}.html",
        "netztermin": f"/SharedDocs/DE/Veranstaltungen/{year}/{name}.html",
        "agentur": f"/aktuelles/detail/{name}" if number % 2 else signed("detail", number),
        "blatt": f"/{year}/{month}/{day}/{name}/",
        "verband": f"/presseforum/pressemitteilungen/{number}-{name}",
        "kdz": f"/meldungen/{number}/{name}",
        "daten": f"/dataset/{name}",
        "datei": f"/dateien/{year}/{name}.{('docx', 'xlsx', 'odt', 'pdf')[number % 4]}",
    }.get(form, f"/rundbriefe/{number}-{name}.html")


def key(platform: str, form: str, path: str, number: int) -> str:
    """Return the key: what the address rules make of the address."""
    if form == "blatt":
        return f"wordpress:{number}"
    if form == "agentur" and "?" in path:
        return f"tx_news:{number}"
    return name_key(HOSTS[platform], path.removesuffix("/") if path != "/" else path)


def signed(action: str, number: int) -> str:
    """Return an address of the news extension, with the hash that TYPO3 signs it with."""
    word = "news" if action == "detail" else "currentPage"
    query = f"tx_news_pi1%5Baction%5D={action}&tx_news_pi1%5B{word}%5D={number}"
    signature = sha256(f"Querverweis{query}".encode()).hexdigest()[:32]
    path = "/aktuelles/artikel" if action == "detail" else "/aktuelles"
    return f"{path}?{query}&cHash={signature}"


def _paragraphs(composer: Composer, plan: _Plan, theme: Theme, seed: str) -> tuple[Paragraph, ...]:
    sizes = ((3, 3), (3, 2, 1), (2, 2, 3))[pick(f"{seed}size", 3)]
    first = (*composer.frame(plan.frame, theme, 1, seed), *composer.of(theme, sizes[0], seed))
    others = [tuple(composer.of(theme, size, seed)) for size in sizes[1:]]
    if plan.form == "daten":
        others.append(tuple(composer.frame("daten.lizenz", theme, 2, seed)))
    elif pick(f"{seed}more", 2):
        others[-1] += tuple(composer.frame(plan.frame, theme, 1, f"{seed}more"))
    return (first, *others)


def _files(title: str, number: int) -> tuple[Anchor, ...]:
    """Return the files of a data set, as its list of resources names them."""
    folder = f"http://{HOSTS[PORTAL]}/dataset/{dataset_id(number)}/resource"
    name = slug(title, words=4)
    return (
        Anchor(text=f"{title} als CSV", href=f"{folder}/1/download/{name}.csv", target=None),
        Anchor(text=f"{title} als JSON", href=f"{folder}/2/download/{name}.json", target=None),
    )


def dataset_id(number: int) -> str:
    """Return the id of a data set, a UUID as CKAN gives it."""
    digits = sha256(f"dataset{number}".encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-8{digits[15:18]}-{digits[18:30]}"
