"""The guide (a wiki), the council (decisions and news) and the municipal forum."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from urllib.parse import quote_plus

from aggregator.replica.content.naming import at_work, later, name_key, slug, spread, stamped
from aggregator.replica.stock import Composer, pick, themes
from aggregator.replica.values import (
    COUNCIL,
    FORUM,
    GUIDE,
    HOSTS,
    Paragraph,
    Post,
    Publication,
    Theme,
)

_DAY_ONE = date(2020, 9, 1)
LONG_TOPIC = 4  # the topic with more posts than one answer of the forum holds
_NICKNAMES = (
    "amt_lindenstedt", "digi_lotsin", "hauptamt42", "kreis_it", "m.osterloh", "rathaus_nord",
    "servicelabor", "t.kraehwinkel", "wilma_w", "zulassung_sued",
)  # fmt: skip
# How often the council met before the years in which it decides here, by year and quarter.
_SESSIONS = {2021: 34, 2022: 37, 2023: 40, 2024: 43, 2025: 46, 2026: 49}
OLD_SLUGS = 3  # decisions that are also known under an address of the generation before


def is_plain(title: str) -> bool:
    """Whether Confluence forms a title address: others get one with the page id."""
    return title.isascii() and not set(title) & set('?%&/\\:+;"')


def wiki_path(title: str, page: int) -> str:
    """Return the address that Confluence shows for a page."""
    return f"/display/OZG/{quote_plus(title)}" if is_plain(title) else page_path(page)


def page_path(page: int) -> str:
    """Return the address that holds the page id."""
    return f"/pages/viewpage.action?pageId={page}"


def guide(composer: Composer) -> Iterator[Publication]:
    """Yield pages of the wiki and the files that hang on some of them."""
    every = themes()
    planned = [(theme, theme.titles[5], 1) for theme in every]
    planned += [(theme, f"Rollen und Termine {theme.name}", 1) for theme in every[::4]]
    planned += [(theme, f"Praxisbericht {theme.name}", 2) for theme in every[5:7]]
    for place, (theme, bare, since) in enumerate(planned):
        title = f"{2 + place // 6}.{1 + place % 6} {bare}"
        seed = f"leitfaden{title}"
        composer.begin(seed)
        page = 4621500 + 1117 * place + 7 * pick(seed, 100)
        on = spread(seed, place, len(planned), _DAY_ONE, date(2026, 6, 30))
        at = at_work(on, seed) if since == 1 else datetime.fromisoformat("2026-11-24T10:20:00Z")
        yield Publication(
            platform=GUIDE,
            form="leitfaden",
            kind="guide",
            theme=theme.id,
            sources=("leitfaden", "leitfaden-archiv"),
            key=f"confluence:{page}",
            path=wiki_path(title, page),
            title=title,
            published=stamped(at),
            evidence="structured",
            modified=later(on, seed, within=300) if since == 1 else stamped(at),
            since=since,
            number=page,
            version=1 + pick(f"{seed}version", 9),
            paragraphs=_chapter(composer, theme, seed),
        )
        if since == 1 and place % 5 == 1:
            yield _attachment(composer, theme, page, stamped(at + timedelta(days=2)))


def _chapter(composer: Composer, theme: Theme, seed: str) -> tuple[Paragraph, ...]:
    return (
        (*composer.frame("leitfaden", theme, 2, seed), *composer.of(theme, 2, seed)),
        tuple(composer.of(theme, 2 + pick(f"{seed}size", 2), seed)),
        (*composer.of(theme, 1, seed), *composer.frame("leitfaden", theme, 1, seed)),
    )


def _attachment(composer: Composer, theme: Theme, page: int, at: str) -> Publication:
    file = f"Steckbrief_{slug(theme.name).replace('-', '_')}.pdf"
    seed = f"anlage{file}"
    composer.begin(seed)
    return Publication(
        platform=GUIDE,
        form="anlage",
        kind="document",
        theme=theme.id,
        sources=("leitfaden",),
        key=f"confluence:{page}/{file}",
        path=f"/download/attachments/{page}/{file}?version=1&modificationDate=1730000000000&api=v2",
        title=f"Steckbrief {theme.name}",
        published=at,
        evidence="structured",
        modified=at,
        number=page + 40_000_000,
        parent=page,
        paragraphs=(
            tuple(composer.of(theme, 4, seed)),
            tuple(composer.frame("download", theme, 1, seed)),
        ),
    )


def decisions(composer: Composer) -> Iterator[Publication]:
    """Yield decisions of the council; their number is their identity."""
    every = themes()
    endings = ("Sachstand und Ausblick", "Finanzierung", "Zielbild", "Auftrag an die FITKO")
    for place in range(24):
        theme = every[(place * 5 + 2) % len(every)]
        year = 2021 + place // 4
        number = 3 + 11 * (place % 4) + pick(f"beschluss{place}", 9)
        session = _SESSIONS[year] + (place % 4) // 2
        on = date(year, 3 if place % 4 < 2 else 10, 4 + pick(f"tag{year}{place % 4 // 2}", 20))
        title = f"{theme.name}: {endings[place % 4]}"
        seed = f"beschluss{title}"
        composer.begin(seed)
        late = place >= 22
        on = date(2026, 11, 24) if late else on
        path = f"/beschluss/beschluss-{year}-{number:02}"
        old = f"/beschluesse/beschluss/{slug(title, words=3)}-1"
        yield Publication(
            platform=COUNCIL,
            form="beschluss",
            kind="decision",
            theme=theme.id,
            sources=("itplr-beschluesse",),
            key=f"itplr:{year}/{number:02}",
            path=path,
            title=title,
            published=on.isoformat(),
            evidence="text",
            modified=stamped(at_work(on, seed)),
            since=2 if late else 1,
            heading=f"IT-Planungsrat | {on:%d.%m.%Y} | {session}. Sitzung | "
            f"Beschluss {year}/{number:02}",
            former_paths=(old,) if place < OLD_SLUGS else (),
            identifiers=(f"Beschluss {year}/{number:02}",),
            paragraphs=(
                (*composer.frame("beschluss", theme, 1, seed), *composer.of(theme, 2, seed)),
                (*composer.of(theme, 1, seed), *composer.frame("beschluss", theme, 2, seed)),
            ),
        )


def council_news(composer: Composer) -> Iterator[Publication]:
    """Yield news of the council's office; the whole text stands in the feed."""
    for place, theme in enumerate(themes()[::3]):
        title = f"Aus dem Produktmanagement: {theme.titles[2]}"
        seed = f"nachricht{title}"
        composer.begin(seed)
        on = spread(seed, place, 10, date(2026, 1, 12), date(2026, 10, 28))
        at = at_work(on, seed)
        path = f"/aktuelles/details/{slug(title)}"
        yield Publication(
            platform=COUNCIL,
            form="nachricht",
            kind="news",
            theme=theme.id,
            sources=("itplr-aktuelles",),
            key=name_key(HOSTS[COUNCIL], path),
            path=path,
            title=title,
            published=stamped(at),
            evidence="feed",
            modified=stamped(at),
            paragraphs=(
                (*composer.frame("nachricht", theme, 2, seed), *composer.of(theme, 2, seed)),
                (*composer.of(theme, 1, seed), *composer.frame("nachricht", theme, 1, seed)),
            ),
        )


def topics(composer: Composer) -> Iterator[Publication]:
    """Yield topics of the forum with their posts."""
    every = themes()
    planned = [(theme, theme.questions[0], 1) for theme in every]
    planned += [(theme, theme.questions[1], 1) for theme in every[:12]]
    planned += [(theme, theme.questions[1], 2) for theme in every[12:15]]
    for place, (theme, title, since) in enumerate(planned):
        seed = f"thema{title}"
        composer.begin(seed)
        topic = 103 + 14 * place + pick(seed, 9)
        on = spread(seed, place, len(planned), date(2024, 1, 15), date(2026, 10, 25))
        at = at_work(on, seed) if since == 1 else datetime.fromisoformat("2026-11-24T11:05:00Z")
        solved = place % 3 != 1 and place != LONG_TOPIC
        replies = pick(f"{seed}answers", 2) if place < len(every) else 0
        posts = _posts(composer, theme, seed, at, solved=solved,
                       replies=25 if place == LONG_TOPIC else replies + solved)  # fmt: skip
        yield Publication(
            platform=FORUM,
            form="thema",
            kind="question",
            theme=theme.id,
            sources=("kommunal-forum",),
            key=f"discourse:{topic}",
            path=f"/t/{slug(title, words=9)}/{topic}",
            title=title,
            published=posts[0].at,
            evidence="structured",
            modified=posts[-1].at,
            since=since,
            number=topic,
            posts=posts,
        )


def _posts(
    composer: Composer, theme: Theme, seed: str, at: datetime, *, solved: bool, replies: int
) -> tuple[Post, ...]:
    """Compose a question and what followed; the second post is the accepted answer."""
    asked = (
        *composer.frame("forum.anfang", theme, 1, seed),
        *composer.lines(f"{theme.id}.problem", theme.problems, 1, seed),
        *composer.of(theme, 1, seed),
        *composer.frame("forum.ende", theme, 1, seed),
    )
    said = [asked, *(_reply(composer, theme, seed, number) for number in range(replies))]
    first = 2000 + 31 * pick(seed, 900)
    return tuple(
        Post(
            id=first + number,
            number=number + 1,
            author=_NICKNAMES[pick(f"{seed}{number}", len(_NICKNAMES))],
            at=stamped(at + timedelta(hours=5 * number, minutes=pick(f"{seed}{number}m", 60))),
            paragraphs=(paragraph,),
            accepted=solved and number == 1,
        )
        for number, paragraph in enumerate(said)
    )


def _reply(composer: Composer, theme: Theme, seed: str, number: int) -> Paragraph:
    if number == 0:
        return tuple(composer.lines(f"{theme.id}.antwort", theme.answers, 1, seed))
    if number == 1:
        return (
            *composer.lines(f"{theme.id}.antwort", theme.answers, 1, seed),
            *composer.frame("forum.dank", theme, 1, f"{seed}{number}"),
        )
    return tuple(composer.frame("forum.lang", theme, 1, f"{seed}{number}"))
