"""`aggregator report`: three forms of the same numbers."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from aggregator import store
from aggregator.cli import run
from aggregator.report_words import BLANKS, FRESHNESS, LEVELS, QUALITY
from aggregator.store.report import KEYS
from tests.store.report_filling import NOW, fill
from tests.web.filling import Filling

Row = dict[str, Any]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A filled installation, on the day of the filling."""
    monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
    monkeypatch.setenv("AGGREGATOR_NOW", NOW)
    db = store.connect(tmp_path / "querverweis.sqlite3")
    fill(Filling(db))
    db.close()
    return tmp_path


def output(capsys: pytest.CaptureFixture[str], data: Path, *words: str) -> str:
    code = run(["--data", str(data), "report", "--since", "2026-11-01", *words])
    assert code == 0
    return capsys.readouterr().out


@pytest.fixture
def told(data: Path, capsys: pytest.CaptureFixture[str]) -> Row:
    document: Row = json.loads(output(capsys, data, "--format", "json"))
    return document


@pytest.fixture
def html(data: Path, capsys: pytest.CaptureFixture[str]) -> str:
    return output(capsys, data)


def german(value: float) -> str:
    """Write a number as the page does, by other means."""
    whole, _, rest = str(value).partition(".")
    digits = ""
    for place, digit in enumerate(reversed(whole)):
        digits = digit + ("." if place and place % 3 == 0 else "") + digits
    return digits + ("," + rest if rest else "")


def parsed(html: str) -> Any:
    return lxml.html.document_fromstring(html)


def cells(html: str, ident: str) -> list[list[str]]:
    """Return the lines of a table, heads and sums included."""
    (table,) = parsed(html).xpath("//table[@id=$id]", id=ident)
    return [
        [" ".join(cell.text_content().split()) for cell in line.xpath("th|td")]
        for line in table.xpath(".//tr")
    ]


# --- the page ---------------------------------------------------------------------------------


@pytest.mark.parametrize("section", [*QUALITY, "freshness"])
def test_plain_tables_show_every_number(told: Row, html: str, section: str) -> None:
    columns = list({**QUALITY, "freshness": FRESHNESS}[section].heads)
    lines = cells(html, section)[1:]

    for row, line in zip(told[section]["rows"], lines, strict=False):
        for column, shown in zip(columns, line, strict=False):
            if isinstance(row[column], int | float):
                assert shown == german(row[column]), (row, column)
    assert len(lines) - len(told[section]["rows"]) == QUALITY.get(section, FRESHNESS).total


def test_sums_are_those_of_the_lines(told: Row, html: str) -> None:
    for section in ("dates", "texts", "internal_links", "sources", "runs"):
        rows = told[section]["rows"]
        for column, shown in zip(QUALITY[section].heads, cells(html, section)[-1], strict=False):
            if isinstance(rows[0][column], int):
                assert shown == german(sum(row[column] for row in rows))


def test_shares_are_those_of_the_counts(told: Row, html: str) -> None:
    for row, line in zip(told["dates"]["rows"], cells(html, "dates")[1:], strict=False):
        percent = round(100 * row["dated_items"] / row["items"], 1)
        assert line[-1] == f"{german(percent)} %"


def test_the_matrix_shows_every_number_and_its_sums(told: Row, html: str) -> None:
    homes = {home["id"]: home for home in told["platforms"]}
    lines = cells(html, "matrix")
    at = {name: n for n, name in enumerate(lines[0])}
    by_name = {line[0]: line for line in lines[1:]}

    assert told["matrix"]["rows"]
    for row in told["matrix"]["rows"]:
        line = by_name[homes[row["from_platform"]]["name"]]
        assert line[at[homes[row["to_platform"]]["short_name"]]] == german(row["links"])
    total = sum(row["links"] for row in told["matrix"]["rows"])
    assert by_name["Summe"][-1] == german(total)


def test_the_matrix_of_levels_shows_every_number(told: Row, html: str) -> None:
    lines = cells(html, "levels")
    at = {name: n for n, name in enumerate(lines[0])}
    by_name = {line[0]: line for line in lines[1:]}

    for row in told["levels"]["rows"]:
        shown = by_name[LEVELS[row["from_level"]]][at[LEVELS[row["to_level"]]]]
        assert shown == german(row["links"])


def test_coverage_shows_every_number_and_why_a_field_is_blank(told: Row, html: str) -> None:
    names = {home["id"]: home["name"] for home in told["platforms"]}
    topics = list(dict.fromkeys(row["topic"] for row in told["coverage"]["rows"]))
    by_name = {line[0]: line for line in cells(html, "coverage")[1:]}

    for row in told["coverage"]["rows"]:
        shown = by_name[names[row["platform"]]][1 + topics.index(row["topic"])]
        if row["blank"]:
            assert shown == BLANKS[row["blank"]][0]
        else:
            age = "–" if row["age_days"] is None else german(row["age_days"]) + " T"
            assert shown.replace("\N{NO-BREAK SPACE}", " ") == f"{german(row['items'])} {age}"


def test_figures_at_the_top_are_those_of_the_tables(told: Row, html: str) -> None:
    shown = parsed(html).xpath("//dl[@class='figures']//dd/text()")
    summary = told["summary"]["rows"][0]

    assert shown == [german(n) for n in (
        summary["platforms"], summary["sources"], summary["items"], summary["new_items"],
        summary["vanished_items"], sum(row["links"] for row in told["matrix"]["rows"]),
        told["same"]["rows"][0]["groups"], told["related"]["rows"][0]["pairs_across"],
    )]  # fmt: skip


def test_the_page_names_how_every_section_is_counted_again(told: Row, html: str) -> None:
    shown = parsed(html).xpath("//pre")
    texts = [pre.text_content().strip() for pre in shown]

    for section in KEYS:
        assert told[section]["recount"].strip() in texts
    for name in told["parameters"]:
        assert f".parameter set :{name} " in texts[0]


def test_the_page_stands_for_itself(html: str) -> None:
    page = parsed(html)

    assert page.get("lang") == "de"
    assert not page.xpath("//script | //link | //@src | //@href | //@*[starts-with(name(), 'on')]")
    assert "url(" not in html
    assert "@import" not in html


def test_names_from_outside_are_escaped(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db = store.connect(data / "querverweis.sqlite3")
    db.execute("UPDATE platform SET name = '<script>alert(1)</script>${title}' WHERE id = 'rat'")
    db.execute("UPDATE run SET reason = '<img src=x>' WHERE reason = '=cmd'")
    db.close()

    html = output(capsys, data)

    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;${title}" in html


def test_an_empty_installation_has_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store.connect(tmp_path / "querverweis.sqlite3").close()

    html = output(capsys, tmp_path)

    assert "Noch verlinkt keine Plattform eine andere." in html
    assert "Kein Lauf war im Zeitraum verdächtig." in html


# --- the other forms --------------------------------------------------------------------------


def test_json_by_either_option_is_one_document(
    told: Row, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = output(capsys, data, "--json")

    assert out.count("\n") == 1
    assert json.loads(out) == told
    assert told["since"] == "2026-10-31T23:00:00Z"  # the day begins in Berlin


def test_csv_has_every_value_in_the_long_form(
    told: Row, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = list(csv.reader(io.StringIO(output(capsys, data, "--format", "csv"), newline="")))
    values = {tuple(line[:3]): line[3] for line in lines[1:]}

    assert lines[0] == ["section", "row", "column", "value"]
    assert len(values) == len(lines) - 1
    for section, keys in KEYS.items():
        for row in told[section]["rows"]:
            label = "|".join(row[key] for key in keys)
            for column in row.keys() - set(keys):
                value = row[column]
                assert values[section, label, column] == ("" if value is None else str(value))


def test_no_cell_of_the_csv_starts_a_formula(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db = store.connect(data / "querverweis.sqlite3")
    db.execute("UPDATE source SET id = '=cmd|calc' WHERE id = 'leer-alt'")
    db.execute("UPDATE run SET source = ' =1+1' WHERE source = 'forum-feed'")
    db.execute("UPDATE topic_a SET topic = '@SUM(A1)' WHERE topic = 'umwelt'")
    db.close()

    lines = csv.reader(io.StringIO(output(capsys, data, "--format", "csv"), newline=""))

    shown = [cell for line in lines for cell in line]
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r")) for cell in shown)
    assert "' =1+1|=cmd" in shown
    assert any(cell.startswith("'@SUM(A1)|") for cell in shown)


def test_a_day_that_is_none_is_an_error(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["--data", str(data), "report", "--since", "gestern", "--json"])

    assert code == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "query_invalid"


def test_thirty_days_back_are_usual(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["--data", str(data), "report", "--format", "json"])

    assert json.loads(capsys.readouterr().out)["since"] == "2026-10-24T22:00:00Z"
