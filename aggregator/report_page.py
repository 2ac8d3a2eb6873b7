"""The report as one printable page: German, no script, no request to anywhere, all escaped.

Knows the shape of `store.report` and how its numbers are set; counts nothing but sums of the rows
that it shows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from html import escape
from importlib import resources
from string import Template
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from aggregator.clock import instant
from aggregator.report_words import BLANKS, FRESHNESS, LEVELS, NAMES, QUALITY, VALUES, Table

Document: TypeAlias = dict[str, Any]
Name: TypeAlias = Callable[[Any], str]  # how a value is named to a reader

BERLIN = ZoneInfo("Europe/Berlin")
NOTHING = "–"
STEPS = (0, 1, 10, 30, 80, 200)  # from which number on a cell is how dark


def page(document: Document, topics: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        document: Of `store.report.report`.
        topics: Names of the topics by their slugs.
    """
    platforms = {home["id"]: home["name"] for home in document["platforms"]}
    waiting = document["summary"]["rows"][0]["waiting"]
    parts = {
        "title": escape(document["title"]),
        "as_of": moment(document["as_of"]),
        "since": moment(document["since"]),
        "waiting": _waiting(waiting) if waiting else "",
        "figures": _figures(document),
        "findings": "".join(f"<p>{escape(told)}</p>" for told in findings(document, platforms)),
        "links": _matrix(document) + _levels(document),
        "coverage": _coverage(document, topics),
        "freshness": _table(document, "freshness", FRESHNESS, platforms),
        "quality": "".join(
            _table(document, name, table, platforms) for name, table in QUALITY.items()
        ),
        "parameters": _parameters(document["parameters"]),
        "recounts": "".join(
            f"<h3>{escape(title)}</h3><pre>{escape(document[name]['recount'].strip())}</pre>"
            for name, title in NAMES.items()
        ),
    }
    form = (resources.files("aggregator") / "report_page.html").read_text("utf-8")
    return Template(form).substitute(parts)


# --- numbers and times ----------------------------------------------------------------------


def number(value: float) -> str:
    """Write a number as German does: 1.234,5."""
    return f"{value:,}".translate(str.maketrans(",.", ".,"))


def share(part: int, whole: int) -> str:
    """Write a share in per cent with one decimal."""
    return f"{number(round(100 * part / whole, 1))} %" if whole else NOTHING


def moment(at: str) -> str:
    """Write an instant in Berlin, or a mere day: 20.11.2026, 08:15 Uhr."""
    if "T" not in at:
        return f"{date.fromisoformat(at):%d.%m.%Y}"
    return f"{instant(at).astimezone(BERLIN):%d.%m.%Y, %H:%M} Uhr"


def _total(rows: Iterable[Document], column: str) -> int:
    return sum(row[column] for row in rows)


# --- what it says in words ------------------------------------------------------------------


def findings(document: Document, platforms: Mapping[str, str]) -> list[str]:
    """Return what the tables say, in sentences."""
    return [
        _found_links(document["matrix"]["rows"], platforms),
        _found_gaps(document["coverage"]["rows"]),
        _found_fates(document["internal_links"]["rows"]),
        _found_trouble(document["suspect"]["rows"]),
    ]


def _found_links(rows: Sequence[Document], platforms: Mapping[str, str]) -> str:
    if not rows:
        return "Kein Eintrag verlinkt bisher einen Eintrag einer anderen Plattform."
    most = max(rows, key=lambda row: row["links"])
    return (
        f"Links zwischen Plattformen: {number(_total(rows, 'links'))}, die meisten"
        f" ({number(most['links'])}) von „{platforms.get(most['from_platform'])}“ zu"
        f" „{platforms.get(most['to_platform'])}“."
    )


def _found_gaps(rows: Sequence[Document]) -> str:
    blank = [row["blank"] for row in rows if row["blank"]]
    why = ", ".join(
        f"{meaning}: {number(blank.count(kind))}" for kind, (_, meaning) in BLANKS.items()
    )
    return (
        f"Felder aus Thema und Plattform: {number(len(rows))}, davon leer {number(len(blank))}"
        f" ({why})."
    )


def _found_fates(rows: Sequence[Document]) -> str:
    return (
        f"Links auf Adressen der Plattformen: {number(_total(rows, 'links'))}, davon tot"
        f" {number(_total(rows, 'dead'))}, ungeklärt {number(_total(rows, 'unresolved'))}."
    )


def _found_trouble(rows: Sequence[Document]) -> str:
    if not rows:
        return "Kein Lauf war im Zeitraum verdächtig."
    sources = len({row["source"] for row in rows})
    return f"Verdächtige Läufe: {number(_total(rows, 'runs'))}, betroffene Quellen: {sources}."


def _waiting(count: int) -> str:
    return (
        f"<p><strong>Noch nicht abgeleitete Änderungen: {number(count)}.</strong>"
        " Links, Themen und Verwandtes zeigen bis dahin den vorigen Stand.</p>"
    )


def _figures(document: Document) -> str:
    """Return the figures at the top."""
    told = document["summary"]["rows"][0]
    figures = {
        "Plattformen": told["platforms"], "Quellen": told["sources"], "Einträge": told["items"],
        "erstmals gesehen im Zeitraum": told["new_items"],
        "beim Herausgeber verschwunden": told["vanished_items"],
        "Links zwischen Plattformen": _total(document["matrix"]["rows"], "links"),
        "Gruppen gleichen Inhalts": document["same"]["rows"][0]["groups"],
        "verwandte Paare zwischen Plattformen": document["related"]["rows"][0]["pairs_across"],
    }  # fmt: skip
    return "".join(
        f"<div><dt>{escape(name)}</dt><dd>{number(value)}</dd></div>"
        for name, value in figures.items()
    )


# --- tables of two dimensions ---------------------------------------------------------------


def _matrix(document: Document) -> str:
    """Return the matrix of those platforms that link or are linked to, by level."""
    counts = {
        (c["from_platform"], c["to_platform"]): c["links"] for c in document["matrix"]["rows"]
    }
    linked = {platform for pair in counts for platform in pair}
    shown = [home for home in _by_level(document["platforms"]) if home["id"] in linked]
    if not shown:
        return "<p>Noch verlinkt keine Plattform eine andere.</p>"
    left = len(document["platforms"]) - len(shown)
    how = f"Zeile verlinkt auf Spalte. Plattformen ohne solche Links: {number(left)}."
    return _cross(
        "matrix", "Wer verlinkt wen", how, [(home["name"], home["id"]) for home in shown],
        [(home["short_name"], home["id"]) for home in shown], counts, itself=True,
    )  # fmt: skip


def _levels(document: Document) -> str:
    counts = {(c["from_level"], c["to_level"]): c["links"] for c in document["levels"]["rows"]}
    axis = [(LEVELS[level], level) for level in LEVELS if any(level in pair for pair in counts)]
    how = "Zeile verlinkt auf Spalte; auf der Diagonale verschiedene Plattformen einer Ebene."
    return _cross("levels", "Welche Ebene verlinkt welche", how, axis, axis, counts)


def _cross(
    ident: str, caption: str, how: str, rows: Sequence[tuple[str, str]],
    columns: Sequence[tuple[str, str]], counts: Mapping[tuple[str, str], int], *,
    itself: bool = False,
) -> str:  # fmt: skip
    """Return a table of counts with sums; with `itself` the diagonal has none."""
    lines = []
    for name, one in rows:
        told = [counts.get((one, other), 0) for _, other in columns]
        cells = "".join(
            f"<td>{NOTHING}</td>" if itself and one == other else _heat(count, number(count))
            for (_, other), count in zip(columns, told, strict=True)
        )
        lines.append(
            f'<tr><th scope="row">{escape(name)}</th>{cells}<td>{number(sum(told))}</td></tr>'
        )
    sums = [sum(counts.get((one, other), 0) for _, one in rows) for _, other in columns]
    foot = "".join(f"<td>{number(count)}</td>" for count in [*sums, sum(sums)])
    return _framed(
        f'<table class="cross" id="{ident}"><caption>{escape(caption)}</caption>'
        f"<thead><tr><td></td>{_upright(name for name, _ in columns)}"
        f'<th class="up" scope="col">Summe</th></tr></thead><tbody>{"".join(lines)}</tbody>'
        f'<tfoot><tr><th scope="row">Summe</th>{foot}</tr></tfoot></table>',
        caption, how,
    )  # fmt: skip


def _coverage(document: Document, topics: Mapping[str, str]) -> str:
    """Return what each platform holds on each topic, with the age of the newest in days."""
    cells = {(row["platform"], row["topic"]): row for row in document["coverage"]["rows"]}
    slugs = list(dict.fromkeys(row["topic"] for row in document["coverage"]["rows"]))
    lines = "".join(
        f'<tr><th scope="row">{escape(home["name"])}</th>'
        + "".join(_coverage_cell(cells[home["id"], slug]) for slug in slugs) + "</tr>"
        for home in _by_level(document["platforms"])
    )  # fmt: skip
    signs = "; ".join(f"{mark} = {meaning}" for mark, meaning in BLANKS.values())
    return _framed(
        '<table class="cross" id="coverage"><caption>Themen je Plattform</caption><thead><tr>'
        f"<td></td>{_upright(topics.get(slug, slug) for slug in slugs)}</tr></thead>"
        f"<tbody>{lines}</tbody></table>",
        "Themen je Plattform",
        "Einträge zum Thema, darunter das Alter des neuesten in Tagen (T;"
        f" {NOTHING} ohne Datum). Leere Felder: {signs}.",
    )  # fmt: skip


def _coverage_cell(cell: Document) -> str:
    if cell["blank"]:
        mark, meaning = BLANKS[cell["blank"]]
        return f'<td class="h0" title="{meaning}">{mark}</td>'
    age = NOTHING if cell["age_days"] is None else f"{number(cell['age_days'])} T"
    return _heat(cell["items"], f"{number(cell['items'])} <small>{age}</small>")


def _heat(count: int, content: str) -> str:
    step = max(n for n, least in enumerate(STEPS) if count >= least)
    return f'<td class="h{step}">{content}</td>'


def _upright(names: Iterable[str]) -> str:
    return "".join(f'<th class="up" scope="col">{escape(name)}</th>' for name in names)


def _by_level(platforms: Iterable[Document]) -> list[Document]:
    """Return platforms by level, within one in the order of the source list."""
    return sorted(platforms, key=lambda home: list(LEVELS).index(home["level"]))


# --- plain tables ---------------------------------------------------------------------------


def _table(document: Document, name: str, table: Table, platforms: Mapping[str, str]) -> str:
    """Return a section as a table, with sums and a share where it has them."""
    rows = document[name]["rows"]
    if not rows:
        return _framed(f'<p id="{name}">Keine.</p>', table.caption, table.how)
    part, whole = table.share
    heads = [*table.heads.values(), *(["Anteil"] if part else [])]
    lines = []
    for row in rows:
        cells = [_cell(column, row[column], platforms) for column in table.heads]
        lines.append(_line([*cells, *([share(row[part], row[whole])] if part else [])]))
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    return _framed(
        f'<table id="{name}"><caption>{escape(table.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
        f"{_sums(rows, table)}</table>",
        table.caption, table.how,
    )  # fmt: skip


def _sums(rows: Sequence[Document], table: Table) -> str:
    """Return the last line of a table: the sums of its numbers."""
    if not table.total:
        return ""
    sums = {
        column: _total(rows, column) for column in table.heads if isinstance(rows[0][column], int)
    }
    cells = [number(sums[column]) if column in sums else "" for column in table.heads]
    part, whole = table.share
    cells += [share(sums[part], sums[whole])] if part else []
    return f"<tfoot>{_line(['Summe', *cells[1:]])}</tfoot>"


def _cell(column: str, value: Any, platforms: Mapping[str, str]) -> str:
    """Write a value as its column asks for."""
    if value is None:
        return NOTHING
    if column.endswith("_at"):
        return moment(value)
    if isinstance(value, int | float):
        return number(value)
    if column == "platform":
        return platforms.get(value, str(value))
    return VALUES.get(column, {}).get(value, str(value))


def _line(cells: Sequence[str]) -> str:
    first, *others = (escape(cell) for cell in cells)
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{c}</td>" for c in others)}</tr>'


def _framed(content: str, name: str, how: str) -> str:
    """Put a table where a wide one can be scrolled, by keyboard too, and say how it counts."""
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(name)}">'
        f'{content}</div><p class="how">{escape(how)}</p>'
    )


def _parameters(values: Mapping[str, Any]) -> str:
    """Write parameters as the command line of SQLite takes them: SQL within a quoted word."""
    lines = []
    for name, value in values.items():
        sql = str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
        word = sql.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'.parameter set :{name} "{word}"')
    return escape("\n".join(lines))
