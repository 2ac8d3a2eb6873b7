"""`aggregator sources`: from a fresh clone to a changed list."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aggregator import config, store
from aggregator.cli import run
from aggregator.store import state
from tests.scripted import Web, serving

LIST = """\
# Die Liste
platforms:
  - id: amt
    name: Das Amt
    short_name: Amt
    level: bund
    operator: Amt
    url: http://amt.example/
sources:
  - id: amt-news        # die erste
    platform: amt
    kind: feed
    url: http://amt.example/feed.xml
  - {id: amt-hand, platform: amt, kind: manual, enabled: false}
"""
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Amt</title>
<item><title>Neues vom Amt</title><link>http://amt.example/neues</link><guid>1</guid>
<description>Ein Text über das Onlinezugangsgesetz und die Kommunen.</description>
<pubDate>Mon, 23 Nov 2026 10:00:00 +0100</pubDate></item></channel></rss>"""
OPML = """<opml version="2.0"><body><outline text="Bund">
<outline type="rss" text="Presse" xmlUrl="http://amt.example/presse.xml"/>
<outline type="rss" text="News" xmlUrl="http://amt.example/feed.xml"/>
</outline>{more}</body></opml>"""


@dataclass
class Shell:
    """A command line with a list and a data folder of its own."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""

    @property
    def path(self) -> Path:
        return self.folder / "sources.yaml"

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def sources(self, *words: str) -> int:
        """Run `aggregator sources WORDS` and keep what it printed."""
        code = run(["--data", str(self.folder / "data"), "--sources", str(self.path), "sources",
                    *words])  # fmt: skip
        self.out, self.err = self.capture.readouterr()
        return code

    def document(self, *words: str) -> Any:
        self.sources(*words, "--json")
        return json.loads(self.out)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    (tmp_path / "sources.yaml").write_text(LIST, encoding="utf-8")
    return Shell(tmp_path, capsys)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """The host amt.example, with a feed, on a simulated clock."""
    with serving(Web()) as web:
        monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
        monkeypatch.setenv("AGGREGATOR_NOW", "2026-11-24T08:00:00Z")
        monkeypatch.setenv("AGGREGATOR_RESOLVE", web.resolve("amt.example"))
        web.put("http://amt.example/feed.xml", FEED, media_type="application/rss+xml")
        yield web


# --- looking -------------------------------------------------------------------------------


def test_the_list_is_shown_in_a_fresh_clone(shell: Shell) -> None:
    assert shell.sources("list") == 0

    assert "amt-news" in shell.out
    assert "noch nie gelesen" in shell.out
    assert "abgeschaltet" in shell.out
    assert not (shell.folder / "data").exists()


def test_the_shipped_list_is_shown_and_valid(shell: Shell) -> None:
    shutil.copy(Path(__file__).parents[2] / "sources.yaml", shell.path)

    assert shell.sources("check") == 0
    assert shell.sources("list") == 0
    assert "dv-kurzmeldungen" in shell.out


def test_the_list_as_json_has_a_line_a_source(shell: Shell) -> None:
    shell.sources("list", "--json")

    rows = [json.loads(line) for line in shell.out.splitlines()]
    assert [(row["id"], row["enabled"], row["state"]) for row in rows] == [
        ("amt-news", True, None), ("amt-hand", False, None),
    ]  # fmt: skip


def test_an_empty_list_says_how_to_go_on(shell: Shell) -> None:
    shell.path.write_text("platforms: []\nsources: []\n")

    assert shell.sources("list") == 0
    assert "sources add" in shell.err
    assert shell.out == ""


def test_check_counts_what_is_there(shell: Shell) -> None:
    told = shell.document("check")

    assert (told["platforms"], told["sources"], told["enabled"]) == (1, 2, 1)
    assert told["checksum"] == config.load(shell.path).checksum
    assert shell.sources("check") == 0
    assert "in Ordnung, 1 Plattformen, 2 Quellen" in shell.out


def test_check_tells_every_mistake_and_ends_with_2(shell: Shell) -> None:
    shell.path.write_text(LIST.replace("bund", "bnud").replace("kind: feed", "kind: fead"))

    assert shell.sources("check") == 2
    assert f"{shell.path}:6: " in shell.err
    assert f"{shell.path}:12: " in shell.err


# --- pausing -------------------------------------------------------------------------------


def test_a_paused_source_rests_until_it_is_resumed(shell: Shell) -> None:
    assert shell.sources("pause", "amt-news") == 0
    shell.sources("list")
    paused = shell.out
    db = store.connect(shell.folder / "data" / "querverweis.sqlite3")
    assert state.state_of(db, "amt-news").paused

    assert shell.sources("resume", "amt-news") == 0

    assert "angehalten" in paused
    assert not state.state_of(db, "amt-news").paused
    assert shell.text == LIST
    db.close()


@pytest.mark.parametrize("command", ["pause", "resume", "test"])
def test_an_unknown_source_is_told_with_the_nearest(command: str, shell: Shell) -> None:
    assert shell.sources(command, "amt-nwes") == 2

    assert "„amt-nwes“" in shell.err
    assert "„amt-news“" in shell.err
    assert not (shell.folder / "data").exists()


# --- trying --------------------------------------------------------------------------------


def test_a_trial_shows_entries_and_stores_nothing(shell: Shell, web: Web) -> None:
    told = shell.document("test", "amt-news")

    assert (told["status"], told["entries"]) == (200, 1)
    assert [problem["where"] for problem in told["problems"]] == ["http://amt.example/neues"]
    assert told["items"][0]["title"] == "Neues vom Amt"
    assert told["items"][0]["published_at"] == "2026-11-23T09:00:00Z"
    assert not (shell.folder / "data").exists()
    assert shell.sources("test", "amt-news") == 0
    assert "Neues vom Amt" in shell.out


def test_a_trial_that_fails_says_why_and_ends_with_1(shell: Shell, web: Web) -> None:
    web.put("http://amt.example/feed.xml", "<html><body>Umgezogen</body></html>")

    assert shell.sources("test", "amt-news") == 1
    assert "feed_is_html" in shell.err


def test_a_manual_source_is_not_tried(shell: Shell) -> None:
    assert shell.sources("test", "amt-hand") == 2
    assert "aggregator import" in shell.err


# --- adding --------------------------------------------------------------------------------


def test_an_address_is_enough_where_its_kind_can_be_seen(shell: Shell, web: Web) -> None:
    web.put("http://amt.example/neu.xml", FEED, media_type="application/rss+xml")

    code = shell.sources("add", "http://amt.example/neu.xml", "--platform", "amt")

    assert code == 0
    added = config.load(shell.path).sources[-1]
    assert (added.id, added.kind, added.enabled) == ("amt-amt-example-neu-xml", "feed", True)
    assert shell.text.startswith(LIST)


def test_options_are_written_as_they_are_given(shell: Shell) -> None:
    code = shell.sources(
        "add", "http://amt.example/liste", "--platform", "amt", "--id", "amt-liste", "--kind",
        "sitemap", "--include", "/news/", "--include", "re:/20\\d\\d/", "--every", "2h",
        "--item-kind", "press_release", "--policy", "full", "--exclude", "/alt/", "--disabled",
    )  # fmt: skip

    assert code == 0, shell.err
    assert shell.text == LIST + (
        "  - id: amt-liste\n    platform: amt\n    kind: sitemap\n"
        "    url: http://amt.example/liste\n    include: [/news/, \"re:/20\\\\d\\\\d/\"]\n"
        "    exclude: [/alt/]\n    item_kind: press_release\n    every: 2h\n    policy: full\n"
        "    enabled: false\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["http://amt.example/weg.xml", "--platform", "amt", "--kind", "feed"],
                     "Probeabruf ist misslungen", id="not-found"),
        pytest.param(["http://amt.example/seite", "--platform", "amt", "--kind", "feed"],
                     "feed_is_html", id="no-feed"),
        pytest.param(["http://amt.example/seite", "--platform", "amt"], "nicht zu erkennen",
                     id="unknown-kind"),
        pytest.param(["--platform", "amt"], "weder Adresse noch Art", id="nothing-said"),
        pytest.param(["http://amt.example/x", "--platform", "atm"], "„amt“", id="platform"),
        pytest.param(["http://amt.example/x", "--platform", "amt", "--kind", "feed", "--no-test",
                      "--every", "bald"], "keine Dauer", id="bad-value"),
        pytest.param(["http://amt.example/feed.xml", "--platform", "amt", "--kind", "feed"],
                     "liest dieselbe Adresse", id="known-address"),
    ],
)  # fmt: skip
def test_what_does_not_work_is_not_written(
    words: list[str], said: str, shell: Shell, web: Web
) -> None:
    web.put("http://amt.example/seite", "<html><body><p>Eine Seite</p></body></html>")

    assert shell.sources("add", *words) == 2

    assert said in shell.err
    assert shell.text == LIST


def test_a_manual_source_needs_no_address(shell: Shell) -> None:
    assert shell.sources("add", "--platform", "amt", "--kind", "manual", "--id", "amt-post") == 0

    assert config.load(shell.path).sources[-1].id == "amt-post"


# --- lists of other programs ---------------------------------------------------------------


@pytest.fixture
def opml(tmp_path: Path) -> Callable[[str], str]:
    """Write an OPML file and return its name."""

    def write(more: str = "") -> str:
        file = tmp_path / "feeds.opml"
        file.write_text(OPML.replace("{more}", more), encoding="utf-8")
        return str(file)

    return write


def test_new_feeds_are_added_and_known_ones_left(shell: Shell, opml: Callable[[str], str]) -> None:
    told = shell.document("import", opml(""), "--platform", "amt")

    assert (told["read"], told["known"], told["rejected"]) == (2, 1, [])
    assert shell.text == LIST + (
        "  - id: amt-presse\n    platform: amt\n    kind: feed\n"
        "    url: http://amt.example/presse.xml\n"
    )


def test_importing_twice_adds_nothing(shell: Shell, opml: Callable[[str], str]) -> None:
    shell.sources("import", opml(""), "--platform", "amt")
    once = shell.text

    assert shell.sources("import", opml(""), "--platform", "amt") == 0
    assert shell.text == once


def test_a_dry_run_shows_and_changes_nothing(shell: Shell, opml: Callable[[str], str]) -> None:
    assert shell.sources("import", opml(""), "--platform", "amt", "--dry-run") == 0

    assert "würde eingetragen: amt-presse" in shell.err
    assert shell.text == LIST


def test_what_is_wrong_is_told_and_the_rest_added(shell: Shell, opml: Callable[[str], str]) -> None:
    file = opml('\n<outline type="rss" text="Datei" xmlUrl="/etc/feed.xml"/>')

    assert shell.sources("import", file, "--platform", "amt", "--disabled") == 1

    assert f"{file}:5: " in shell.err
    assert [s.enabled for s in config.load(shell.path).sources] == [True, False, False]


@pytest.mark.parametrize(
    ("content", "said"),
    [pytest.param("<html/>", "kein OPML, sondern <html>", id="html"),
     pytest.param("", "kein OPML", id="empty"), pytest.param(None, "lässt sich nicht", id="none")],
)  # fmt: skip
def test_a_file_that_is_no_list_is_refused(content: str | None, said: str, shell: Shell) -> None:
    file = shell.folder / "x.opml"
    if content is not None:
        file.write_text(content)

    assert shell.sources("import", str(file), "--platform", "amt") == 2
    assert said in shell.err


def test_what_is_exported_can_be_imported_elsewhere(
    shell: Shell, opml: Callable[[str], str], tmp_path: Path
) -> None:
    shell.sources("import", opml(""), "--platform", "amt")
    shell.sources("export")
    file = tmp_path / "aus.opml"
    file.write_text(shell.out, encoding="utf-8")

    told = shell.document("import", str(file), "--platform", "amt")

    assert (told["read"], told["known"]) == (2, 2)
