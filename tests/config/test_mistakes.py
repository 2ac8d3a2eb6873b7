"""Every kind of mistake in a source list: one message with file, line, cause and remedy."""

import json
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from aggregator import config
from aggregator.cli import run
from aggregator.config import InvalidConfigError

PLATFORM = """\
platforms:
  - id: amt
    name: Das Amt
    short_name: Amt
    level: bund
    operator: Amt
    url: https://amt.example/
"""
LIST = (
    PLATFORM
    + """\
sources:
  - id: amt-news
    platform: amt
    kind: feed
    url: https://amt.example/feed.xml
"""
)


@dataclass(frozen=True)
class Case:
    """A wrong list; `line` is where it is wrong, `cause` and `remedy` are parts of the message."""

    name: str
    text: str | bytes
    line: int
    cause: str
    remedy: str


def source(more: str, line: int, cause: str, remedy: str, *, name: str) -> Case:
    """A case with further lines in the source; they begin in line 13."""
    return Case(name, LIST + textwrap.indent(textwrap.dedent(more), "    "), line, cause, remedy)


def change(old: str, new: str, line: int, cause: str, remedy: str, *, name: str) -> Case:
    """A case with something changed in the valid list."""
    assert old in LIST
    return Case(name, LIST.replace(old, new, 1), line, cause, remedy)


CASES = [
    # the file
    Case("empty", "# nur ein Kommentar\n", 1, "leer", "sources: []"),
    Case("not-utf8", LIST.encode() + b"# gr\xfc\xdfe\n", 13, "kein UTF-8", "als UTF-8 speichern"),
    Case("utf16", LIST.encode("utf-16"), 1, "kein UTF-8", "als UTF-8 speichern"),
    Case("tab", LIST + "\tenabled: true\n", 13, "Tabulator", "Leerzeichen"),
    Case("indentation", LIST + "   enabled: true\n", 13, "Einrückung", "gleich weit einrücken"),
    Case("list-not-indented", LIST.replace("  - id: amt-news", "- id: amt-news"), 10,
         "Doppelpunkt", "Einrückung prüfen"),
    change("kind: feed", 'kind: "feed', 11, "Anführungszeichen", "schließen", name="quote-open"),
    Case("bracket-open-at-the-end", "sources: [\n", 1, "Klammer", "„]“"),
    source("include: [a, b\n", 13, "eckige Klammer", "Kommas", name="bracket-open"),
    source("budget: {requests: 1\n", 13, "geschweifte Klammer", "Kommas", name="brace-open"),
    change("name: Das Amt", "name: Amt: das eine", 3, "Doppelpunkt", "Anführungszeichen",
           name="colon-in-value"),
    change("name: Das Amt", "name: @Amt", 3, "nicht mit diesem Zeichen", "Anführungszeichen",
           name="reserved-character"),
    change("name: Das Amt", 'name: "Das" Amt', 3, "steht noch etwas", "Anführungszeichen",
           name="text-behind-quotes"),
    change("kind: feed", "kind feed", 11, "Doppelpunkt", "name: wert", name="colon-missing"),
    Case("control-character", LIST + "# \x07\n", 13, "Steuerzeichen", "entfernen"),
    Case("two-documents", LIST + "---\nsources: []\n", 13, "zweites YAML", "---"),
    Case("custom-tag", LIST + "    delay: !!python/name:os.system 1\n", 13, "Typangabe",
         "entfernen"),
    Case("alias-without-target", LIST + "    budget: *weit\n", 13, "kein Ziel", "ausschreiben"),
    Case("too-deep", LIST + "    budget: " + "[" * 500 + "]" * 500 + "\n", 13, "Ebenen",
         "Klammern"),
    Case("list-as-a-name", LIST + "    [a]: b\n", 13, "kein Wort", "Klammern"),
    Case("other-yaml", "%YAML 9.0\n---\n" + LIST, 1, "kein lesbares YAML", "Anführungszeichen"),
    Case("not-a-mapping", "- a\n- b\n", 1, "keine Zuordnung", "sources:"),
    Case("section-not-a-list", PLATFORM + "sources:\n  id: a\n", 9, "keine Liste", "- id"),
    Case("section-twice", LIST + "platforms: []\n", 13, "steht zweimal", "vereinen"),
    Case("unknown-section", LIST + "source: []\n", 13, "unbekannter Schlüssel", "„sources“"),
    Case("entry-not-a-mapping", PLATFORM + "sources:\n  - amt-news\n", 9, "ein einzelner Wert",
         "name: wert"),
    # keys
    source("enabeld: true\n", 13, "unbekannter Schlüssel „enabeld“", "„enabled“",
           name="unknown-key"),
    source("kind: feed\n", 13, "steht zweimal (schon in Zeile 11)", "entfernen",
           name="duplicate-key"),
    source("<<: {enabled: true}\n", 13, "unbekannter Schlüssel „<<“", "prüfen|möglich",
           name="merge-key"),
    change("    level: bund\n", "", 2, "„level“ fehlt", "ergänzen", name="required-key-missing"),
    change("    url: https://amt.example/feed.xml\n", "", 9, "„url“ fehlt bei kind: feed", "manual",
           name="url-missing"),
    source("budget: {request: 5}\n", 13, "unbekannter Schlüssel „request“", "„requests“",
           name="unknown-nested-key"),
    # ids and what refers to them
    change("platform: amt", "platform: atm", 10, "die Plattform „atm“ gibt es nicht", "„amt“",
           name="unknown-platform"),
    Case("duplicate-source", LIST + LIST[LIST.index("  - id: amt-news"):].replace(
        "feed.xml", "neu.xml"), 13, "„amt-news“ gibt es schon", "eigene Kennung"),
    Case("duplicate-platform", PLATFORM + PLATFORM.replace("platforms:\n", ""), 8,
         "„amt“ gibt es schon", "eigene Kennung"),
    Case("same-source-twice", LIST + LIST[LIST.index("  - id: amt-news"):].replace(
        "amt-news", "amt-meldungen"), 16, "liest dieselbe Adresse", "include"),
    Case("former-twice", PLATFORM + "    former: [https://alt.example/]\n" + PLATFORM.replace(
        "platforms:\n", "").replace("id: amt", "id: haus") + "    former: [https://alt.example]\n",
         15, "gehört schon zu „amt“", "nur einer Plattform"),
    change("id: amt-news", "id: Ämter Neues", 9, "keine Kennung", "Umlaute", name="bad-id"),
    # values
    change("https://amt.example/feed.xml", "amt.example/feed.xml", 12, "beginnt nicht mit http",
           "https://", name="url-without-scheme"),
    change("https://amt.example/feed.xml", "https://", 12, "keine Adresse", "https://",
           name="url-without-host"),
    change("https://amt.example/feed.xml", '"https://amt.example/ein feed"', 12, "keine Adresse",
           "https://", name="url-with-space"),
    change("https://amt.example/feed.xml", "https://ich:geheim@amt.example/feed", 12,
           "Zugangsdaten", "entfernen", name="url-with-password"),
    change("https://amt.example/feed.xml", "https://amt.example:99999/feed", 12, "keine Adresse",
           "https://", name="url-with-bad-port"),
    change("url: https://amt.example/\n", "url: https://amt.example/\n    former: [alt]\n", 8,
           "„former“", "https://", name="former-not-an-address"),
    change("kind: feed", "kind: fead", 11, "„fead“ gibt es nicht", "„feed“", name="unknown-kind"),
    change("level: bund", "level: bnud", 5, "„bnud“ gibt es nicht", "„bund“", name="unknown-level"),
    change("level: bund", "level: gemeinde", 5, "„gemeinde“ gibt es nicht", "kommune",
           name="unknown-level-far-off"),
    source("policy: alles\n", 13, "„alles“ gibt es nicht", "full, excerpt, link",
           name="unknown-policy"),
    source("item_kind: newz\n", 13, "„newz“ gibt es nicht", "„news“", name="unknown-item-kind"),
    source("details: immer\n", 13, "„immer“ gibt es nicht", "auto, always, never",
           name="unknown-details"),
    source("every: 2 Stunden\n", 13, "keine Dauer", "2h", name="bad-duration"),
    source("every: 12:30\n", 13, "eine Zahl", "Dauer", name="time-of-day-is-a-number"),
    source("every: 30\n", 13, "eine Zahl", "Dauer", name="duration-without-unit"),
    source("every: 0m\n", 13, "über null", "adaptive", name="interval-of-zero"),
    source("delay: 99999999999999999999d\n", 13, "länger als", "7d", name="endless-duration"),
    source('include: ["re:(a"]\n', 13, "kein regulärer Ausdruck", "re:", name="bad-pattern"),
    source('exclude: [""]\n', 13, "träfe jede Adresse", "entfernen", name="empty-filter"),
    source("include: /news/\n", 13, "ein einzelner Wert", "[…]", name="text-for-a-list"),
    source("url: [a]\n".replace("url", "language"), 13, "eine Liste", "Sprache",
           name="list-for-a-text"),
    source("budget: 200\n", 13, "ein einzelner Wert", "name: wert", name="number-for-a-mapping"),
    source("language: NO\n", 13, "Wahrheitswert", '"NO"', name="norway"),
    source("licence: 2025-01-01\n", 13, "ein Datum", '"2025-01-01"', name="date-for-a-text"),
    source("enabled: yes\n", 13, "weder true noch false", "„true“ oder „false“",
           name="yes-for-true"),
    source("enabled: [true]\n", 13, "eine Liste", "„true“", name="list-for-a-truth-value"),
    source("budget: {requests: [1]}\n", 13, "eine Liste", "ganze Zahl", name="list-for-a-number"),
    Case("unknown-platform-among-many", "platforms:\n" + "".join(
        PLATFORM.replace("platforms:\n", "").replace("id: amt", f"id: p{n}") for n in range(21))
        + "sources:\n- {id: a, platform: qqqq, kind: manual}\n", 129, "„qqqq“", "Schreibweise"),
    source('enabled: "true"\n', 13, "weder true noch false", "ohne Anführungszeichen",
           name="quoted-true"),
    source("language: Deutsch\n", 13, "keine Sprache", "de", name="bad-language"),
    source("timezone: Europe/Berln\n", 13, "gibt es nicht", "Europe/Berlin", name="bad-timezone"),
    source("timezone: ../etc/passwd\n", 13, "keine Zeitzone", "Europe/Berlin",
           name="timezone-is-a-path"),
    source("budget: {requests: -5}\n", 13, "ganze Zahl von 1", "eintragen", name="negative-budget"),
    source("budget: {time: null, requests: viele}\n", 13, "ganze Zahl", "eintragen",
           name="word-for-a-number"),
    source("expect: {max_vanish: 30}\n", 13, "Zahl von 0 bis 1", "eintragen",
           name="share-above-one"),
    source("expect: {max_vanish: nan}\n", 13, "Zahl von 0 bis 1", "eintragen", name="share-nan"),
    source('expect: {min_entries: "5"}\n', 13, "ganze Zahl", "ohne Anführungszeichen",
           name="quoted-number"),
    source("expect: {required: [titel]}\n", 13, "„titel“ gibt es nicht", "„title“",
           name="unknown-required-field"),
    change("short_name: Amt", "short_name: Bundesamt für alles", 4, "19 Zeichen", "14 Zeichen",
           name="short-name-too-long"),
    change("name: Das Amt", 'name: " "', 3, "leer", "Text", name="blank-name"),
    change("name: Das Amt", "name:", 3, "der Wert von „name“ fehlt", "eintragen", name="no-value"),
    change("operator: Amt", "operator: [{name: Amt, since: 2025}]", 6, "eine Zahl", "Monat",
           name="year-for-a-month"),
    change("operator: Amt", "operator: [{name: Amt, since: 2025-13}]", 6, "kein Monat", "2025-05",
           name="thirteenth-month"),
    change("operator: Amt", "operator: [{name: Amt, since: 2025-05, until: 2024-01}]", 6,
           "endet vor dem Beginn", "since", name="operator-ends-before-it-begins"),
    change("operator: Amt", "operator: {name: Amt}", 6, "weder ein Name noch eine Liste", "- {name",
           name="operator-not-a-list"),
    source("preset: gsb-c\n", 13, "gilt nur für kind: listing", "entfernen",
           name="preset-without-listing"),
    source('page_selectors: {content: "div["}\n', 13, "kein CSS-Selektor", "berichtigen",
           name="page-selector"),
    source("page_selectors: {inhalt: main}\n", 13, "unbekannter Schlüssel „inhalt“", "title, date",
           name="page-selector-key"),
    source("selectors: {item: div.teaser}\n", 13, "gilt nur für kind: listing", "entfernen",
           name="selectors-without-listing"),
    Case("unknown-preset", LIST.replace("kind: feed", "kind: listing") + "    preset: gbs-c\n", 13,
         "„gbs-c“ gibt es nicht", "„gsb-c“"),
    Case("bad-selector", LIST.replace("kind: feed", "kind: listing")
         + '    selectors: {item: "div["}\n', 13, "kein CSS-Selektor", "berichtigen"),
    Case("unknown-selector", LIST.replace("kind: feed", "kind: listing")
         + "    selectors: {titel: h2}\n", 13, "unbekannter Schlüssel „titel“", "„title“"),
    Case("bad-access", PLATFORM + "    access: offen\n", 8, "„offen“ gibt es nicht",
         "„open“|registration"),
    Case("unknown-site-key", "site: {titel: Index}\n" + LIST, 1, "unbekannter Schlüssel „titel“",
         "„title“"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_mistake_is_told_once_with_its_line_cause_and_remedy(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_bytes(case.text if isinstance(case.text, bytes) else case.text.encode())

    with pytest.raises(InvalidConfigError) as caught:
        config.load(path)

    [mistake] = caught.value.mistakes
    assert (mistake.file, mistake.line) == (str(path), case.line)
    assert case.cause in mistake.cause
    assert any(word in mistake.remedy for word in case.remedy.split("|"))
    assert str(caught.value) == f"{path}:{case.line}: {mistake.cause} - {mistake.remedy}"


def test_the_list_without_mistakes_loads(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(LIST)

    assert [source.id for source in config.load(path).sources] == ["amt-news"]


def test_all_mistakes_are_told_together_in_the_order_of_the_files(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(LIST.replace("bund", "bnud").replace("feed\n", "fead\n") + "    every: bald\n")
    (tmp_path / "sources.d").mkdir()
    (tmp_path / "sources.d" / "a.yaml").write_text("sources:\n  - id: b\n    kind: manual\n")

    with pytest.raises(InvalidConfigError) as caught:
        config.load(path)

    places = [(Path(m.file).name, m.line) for m in caught.value.mistakes]
    assert places == [("sources.yaml", 5), ("sources.yaml", 11), ("sources.yaml", 13),
                      ("a.yaml", 2)]  # fmt: skip
    assert str(caught.value).count("\n") == 3


@pytest.mark.parametrize(
    ("name", "content", "cause"),
    [
        pytest.param("mehr.yml", "sources: []\n", "wird nicht gelesen", id="yml"),
        pytest.param("mehr.yaml", "site: {title: X}\n", "außerhalb der Hauptdatei", id="site"),
        pytest.param("mehr.yaml", "sources: [\n", "Klammer", id="broken"),
    ],
)  # fmt: skip
def test_a_further_file_is_not_overlooked(
    name: str, content: str, cause: str, tmp_path: Path
) -> None:
    (tmp_path / "sources.yaml").write_text(LIST)
    (tmp_path / "sources.d").mkdir()
    (tmp_path / "sources.d" / name).write_text(content)

    with pytest.raises(InvalidConfigError, match=cause):
        config.load(tmp_path / "sources.yaml")


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        pytest.param(lambda path: None, "gibt es nicht", id="missing"),
        pytest.param(Path.mkdir, "ein Ordner", id="a-folder"),
        pytest.param(lambda path: path.symlink_to(path), "lässt sich nicht lesen", id="unreadable"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(make: object, cause: str, tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    assert callable(make)
    make(path)

    with pytest.raises(InvalidConfigError) as caught:
        config.load(path)

    assert cause in caught.value.mistakes[0].cause
    assert caught.value.mistakes[0].remedy


@pytest.mark.parametrize("case", CASES[::9], ids=[case.name for case in CASES[::9]])
def test_the_command_line_says_so_and_touches_nothing(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sources.yaml"
    path.write_bytes(case.text if isinstance(case.text, bytes) else case.text.encode())
    options = ["--data", str(tmp_path / "data"), "--sources", str(path)]

    code = run([*options, "sources", "check"])
    said = capsys.readouterr().err
    code_json = run([*options, "sources", "check", "--json"])
    error = json.loads(capsys.readouterr().out)["error"]

    assert (code, code_json) == (2, 2)
    assert f"{path}:{case.line}: " in said
    assert error["code"] == "config_invalid"
    assert error["where"] == f"{path}:{case.line}"
    assert case.cause in error["message"]
    assert error["remedy"]
    assert not (tmp_path / "data").exists()
