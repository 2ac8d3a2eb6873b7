"""The ministry's site: short news, press, interviews, events, articles, files, questions."""

from collections.abc import Iterator
from datetime import date

from aggregator.replica.content.naming import (
    at_work,
    german,
    later,
    local_day,
    name_key,
    slug,
    spread,
    stamped,
)
from aggregator.replica.stock import Composer, frames, pick, sentence, themes
from aggregator.replica.values import HOSTS, MINISTRY, Paragraph, Publication, Theme

HOST = HOSTS[MINISTRY]
FAQ_PATH = "/SharedDocs/faq-liste/Webs/DV/DE/fragen-antworten-ozg.html"
_FIRST, _LAST = date(2021, 1, 11), date(2026, 10, 30)
_RUBRICS = ("ozg-grundlagen", "ozg-foederal", "rahmenarchitektur", "registermodernisierung")


def publications(composer: Composer) -> Iterator[Publication]:
    """Yield everything that the ministry publishes in either round."""
    yield from _news(composer)
    yield from _press(composer)
    yield from _interviews(composer)
    yield from _events(composer)
    yield from _articles(composer)
    yield from _files(composer)
    yield from _newsletters(composer)
    yield from _questions()


def _paragraphs(
    composer: Composer, theme: Theme, form: str, seed: str, sizes: tuple[int, ...]
) -> tuple[Paragraph, ...]:
    """Compose a lead with a frame sentence, then paragraphs of the theme."""
    first = composer.frame(form, theme, 1, seed) + composer.of(theme, sizes[0], seed)
    others = [composer.of(theme, size, seed) for size in sizes[1:]]
    closing = "absage" if pick(f"{seed}end", 2) else "plan"
    if others and pick(f"{seed}closing", 3):
        others[-1] += composer.frame(closing, theme, 1, seed)
    return (tuple(first), *(tuple(paragraph) for paragraph in others))


def _news(composer: Composer) -> Iterator[Publication]:
    every = themes()
    planned = [(theme, theme.titles[0], 1) for theme in every]
    planned += [(theme, theme.titles[1], 1) for theme in every]
    planned += [(theme, theme.titles[2], 2) for theme in every[3:7]]
    old = sum(1 for *_, since in planned if since == 1)
    for place, (theme, title, since) in enumerate(planned):
        seed = f"meldung{title}"
        composer.begin(seed)
        on = spread(seed, place, old, _FIRST, _LAST) if since == 1 else date(2026, 11, 24)
        path = f"/SharedDocs/kurzmeldungen/Webs/DV/DE/{on.year}/{on.month:02}_{slug(title)}.html"
        sizes = ((2, 2), (3, 2), (2, 3, 1), (1, 2), (2, 2, 2))[pick(f"{seed}size", 5)]
        yield Publication(
            platform=MINISTRY,
            form="meldung",
            kind="news",
            theme=theme.id,
            sources=("dv-meldungen", "dv-aktuelles"),
            key=name_key(HOST, path),
            path=path,
            title=title,
            published=on.isoformat(),
            evidence="text",
            modified=later(on, seed) if since == 1 else "2026-11-24T08:10:00Z",
            since=since,
            heading=f"Meldung {theme.field} {german(on.isoformat())}",
            paragraphs=_paragraphs(composer, theme, "meldung", seed, sizes),
        )


def _press(composer: Composer) -> Iterator[Publication]:
    chosen = themes()[1:24:2]
    for place, theme in enumerate(chosen):
        since = 2 if place >= 10 else 1
        title = theme.titles[4]
        seed = f"presse{title}"
        composer.begin(seed)
        on = spread(seed, place, 10, date(2026, 3, 2), date(2026, 11, 10))
        at = at_work(on if since == 1 else date(2026, 11, 24 + place - 10), seed)
        path = (
            f"/SharedDocs/pressemitteilungen/DE/{at.year}/{at.month:02}/{slug(title, words=3)}.html"
        )
        yield Publication(
            platform=MINISTRY,
            form="presse",
            kind="press_release",
            theme=theme.id,
            sources=("dv-presse",),
            key=name_key(HOST, path),
            path=path,
            title=title,
            published=stamped(at),
            evidence="feed",
            modified=stamped(at),
            since=since,
            heading=f"Pressemitteilung {theme.field} {german(stamped(at))}",
            paragraphs=_paragraphs(composer, theme, "presse", seed, (2, 3, 2)),
        )


def _interviews(composer: Composer) -> Iterator[Publication]:
    for place, theme in enumerate(themes()[::3]):
        seed = f"interview{theme.id}"
        composer.begin(seed)
        people = frames()["person"]
        person = people[place % len(people)]
        on = spread(seed, place, 10, date(2023, 2, 1), date(2026, 9, 30))
        path = f"/SharedDocs/interviews/Webs/DV/DE/{on.year}/{slug(person)}-{theme.id}.html"
        asked = composer.frame("interview", theme, 3, seed)
        said = [
            (*composer.of(theme, 1, seed), *composer.frame("interview.antwort", theme, 1, seed))
            for _ in asked
        ]
        pairs = zip(asked, said, strict=True)
        yield Publication(
            platform=MINISTRY,
            form="interview",
            kind="interview",
            theme=theme.id,
            sources=("dv-interviews",),
            key=name_key(HOST, path),
            path=path,
            title=f"{theme.name}: {person} im Gespräch",
            published=on.isoformat(),
            evidence="structured",
            modified=later(on, seed),
            heading=f"Interview {theme.field}",
            paragraphs=tuple(paragraph for ask, answer in pairs for paragraph in ((ask,), answer)),
        )


def _events(composer: Composer) -> Iterator[Publication]:
    names = ("Fachtag", "Werkstatt", "Sprechstunde", "Erfahrungsaustausch")
    for place, theme in enumerate(themes()[2:27:2][:12]):
        title = f"{names[place % 4]} {theme.name}"
        seed = f"termin{title}"
        composer.begin(seed)
        on = spread(seed, place, 12, date(2025, 9, 1), date(2026, 10, 20))
        path = f"/SharedDocs/termine/Webs/DV/DE/{on.year}/{slug(title)}.html"
        yield Publication(
            platform=MINISTRY,
            form="termin",
            kind="event",
            theme=theme.id,
            sources=("dv-termine",),
            key=name_key(HOST, path),
            path=path,
            title=title,
            published=on.isoformat(),
            evidence="text",
            modified=later(on, seed),
            heading=f"Veranstaltung {theme.field} {german(on.isoformat())}",
            paragraphs=(
                tuple(composer.frame("termin", theme, 2, seed)),
                (*composer.of(theme, 2, seed), *composer.frame("termin", theme, 1, seed)),
            ),
        )


def _articles(composer: Composer) -> Iterator[Publication]:
    names = ("Grundlagen", "Stand der Umsetzung", "Ansprechstellen", "Recht und Rahmen")
    for place, theme in enumerate(themes()[4:24]):
        title = f"{theme.name}: {names[place % 4]}"
        seed = f"artikel{title}"
        composer.begin(seed)
        name = slug(title)
        rubric = _RUBRICS[place % 4]
        path = f"/Webs/DV/DE/onlinezugangsgesetz/{rubric}/{name}/{name}.html"
        touched = spread(seed, place, 20, date(2025, 1, 8), date(2026, 10, 1))
        sizes = ((3, 3), (2, 2, 2), (2, 3, 2))[place % 3]
        yield Publication(
            platform=MINISTRY,
            form="artikel",
            kind="page",
            theme=theme.id,
            sources=("dv-artikel",),
            key=name_key(HOST, path),
            path=path,
            title=title,
            published=None,
            evidence="none",
            modified=stamped(at_work(touched, seed)),
            heading="Typ: Artikel , Schwerpunktthema: Onlinezugangsgesetz",
            paragraphs=_paragraphs(composer, theme, "artikel", seed, sizes),
        )


def _files(composer: Composer) -> Iterator[Publication]:
    names = ("Handreichung", "Arbeitshilfe", "Prüfliste")
    for place, theme in enumerate(themes()[1:26:2][:13]):
        title = f"{names[place % 3]} {theme.name}"
        seed = f"download{title}"
        composer.begin(seed)
        on = spread(seed, place, 13, date(2022, 5, 2), date(2026, 8, 3))
        path = f"/SharedDocs/downloads/Webs/DV/DE/{slug(title)}.pdf?__blob=publicationFile"
        yield Publication(
            platform=MINISTRY,
            form="download",
            kind="document",
            theme=theme.id,
            sources=("dv-downloads",) if place else ("dv-handreichung",),
            key=name_key(HOST, path),
            path=f"{path}&v={1 + place % 5}",
            title=title,
            published=stamped(at_work(on, seed)),
            evidence="structured",
            modified=stamped(at_work(on, seed)),
            version=1 + place % 5,
            paragraphs=(
                tuple(composer.frame("download", theme, 2, seed)),
                *(tuple(composer.of(theme, 3, f"{seed}{part}")) for part in range(1 + place % 3)),
            ),
        )


def _newsletters(composer: Composer) -> Iterator[Publication]:
    for number, theme in enumerate(themes()[6:24:3], start=1):
        title = f"Newsletter {number}/2026: {theme.titles[3]}"
        seed = f"newsletter{title}"
        composer.begin(seed)
        at = at_work(date(2026, number + 2, 3 + pick(seed, 20)), seed)
        path = f"/SharedDocs/newsletter/Webs/DV/DE/2026/ausgabe-{number:02}.html"
        yield Publication(
            platform=MINISTRY,
            form="newsletter",
            kind="news",
            theme=theme.id,
            sources=("dv-newsletter",),
            key=name_key(HOST, path),
            path=path,
            title=title,
            published=stamped(at),
            evidence="feed",
            modified=stamped(at),
            heading=f"Newsletter {local_day(stamped(at)).year}",
            paragraphs=_paragraphs(composer, theme, "meldung", seed, (2, 2)),
        )


def _questions() -> Iterator[Publication]:
    for number, line in enumerate(frames()["faq"], start=1):
        question, answer = line.split("|")
        yield Publication(
            platform=MINISTRY,
            form="faq",
            kind="faq",
            theme="efa",
            sources=("dv-faq",),
            key=f"{name_key(HOST, FAQ_PATH)}#frage-{number}",
            path=f"{FAQ_PATH}#frage-{number}",
            title=question,
            published=None,
            evidence="none",
            modified="2026-06-15T07:30:00Z",
            paragraphs=((sentence(answer),),),
        )
