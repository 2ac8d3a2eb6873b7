"""Writing the source list changes what was asked for and not one byte more."""

import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator import config
from aggregator.config import ConflictError, InvalidConfigError, edit
from aggregator.errors import ConfigError, NotFoundError
from aggregator.model import Catalogue, SourceId

COMMENTED = """\
# yaml-language-server: $schema=schema/sources.schema.json
# Die Liste des Amtes – gepflegt von Grün & Söhne.

platforms:
    # Bund
    - id: amt
      name: "Das Amt"   # voller Name
      short_name: 'Amt'
      level: bund
      operator: Amt
      url: https://amt.example/


# --- Quellen ---
sources:
  # die erste
  - id: eins          # bleibt
    platform: amt
    kind:   feed      # drei Leerzeichen
    url: "https://amt.example/feed.xml"
    include:
      - /news/        # nur Meldungen
      - 're:^/x'
      # Ende der Liste
    # vor dem Budget
    budget: {requests: 50,   time: 10m} # klein
    enabled: true

  - {id: zwei, platform: amt, kind: manual, licence: 'CC0' }  # in Klammern

  - kind: listing
    id: drei
    platform: amt
    url: https://amt.example/liste
    selectors:
      item: "div.teaser"   # Kasten
      title: h2
    licence: |
      Eine Lizenz
      in zwei Zeilen

    # Nachwort zu drei
# Ende der Datei
"""
IN_BRACES = "  - {id: zwei, platform: amt, kind: manual, licence: 'CC0' }  # in Klammern"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A list full of comments."""
    file = tmp_path / "sources.yaml"
    file.write_text(COMMENTED, encoding="utf-8")
    return file


def changed_lines(path: Path) -> tuple[list[str], list[str]]:
    """Return the lines that went and those that came."""
    before, after = COMMENTED.splitlines(), path.read_text(encoding="utf-8").splitlines()
    while before and after and before[0] == after[0]:
        del before[0], after[0]
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    return before, after


@pytest.mark.parametrize(
    ("source", "changes", "gone", "new"),
    [
        pytest.param("eins", {"enabled": False}, ["    enabled: true"], ["    enabled: false"],
                     id="plain-value"),
        pytest.param("eins", {"kind": "sitemap"}, ["    kind:   feed      # drei Leerzeichen"],
                     ["    kind:   sitemap      # drei Leerzeichen"], id="comment-stays"),
        pytest.param("eins", {"url": "https://amt.example/neu"},
                     ['    url: "https://amt.example/feed.xml"'],
                     ['    url: "https://amt.example/neu"'], id="quotes-stay"),
        pytest.param("eins", {"policy": "link"}, [], ["    policy: link"], id="new-key"),
        pytest.param("eins", {"enabled": None}, ["    enabled: true"], [], id="removed-key"),
        pytest.param("eins", {"budget": {"requests": 9, "time": "10m"}},
                     ["    budget: {requests: 50,   time: 10m} # klein"],
                     ["    budget: {requests: 9,   time: 10m} # klein"], id="nested-in-braces"),
        pytest.param("eins", {"budget": {"requests": 50}},
                     ["    budget: {requests: 50,   time: 10m} # klein"],
                     ["    budget: {requests: 50} # klein"], id="nested-key-removed"),
        pytest.param("eins", {"include": ["/news/", "/neu/"]}, ["      - 're:^/x'"],
                     ["      - /neu/"], id="list-item"),
        pytest.param("eins", {"include": ["/news/"]}, ["      - 're:^/x'"], [], id="list-shorter"),
        pytest.param("eins", {"include": None},
                     ["    include:", "      - /news/        # nur Meldungen", "      - 're:^/x'"],
                     [], id="list-removed"),
        pytest.param("zwei", {"licence": "it's: free"},
                     [IN_BRACES],
                     ["  - {id: zwei, platform: amt, kind: manual, licence: 'it''s: free' }"
                      "  # in Klammern"], id="in-braces"),
        pytest.param("zwei", {"enabled": False, "licence": None},
                     [IN_BRACES],
                     ["  - {id: zwei, platform: amt, kind: manual, enabled: false }"
                      "  # in Klammern"],
                     id="braces-swap"),
        pytest.param("drei", {"selectors": {"item": "li", "title": "h2", "date": "time"}},
                     ['      item: "div.teaser"   # Kasten', "      title: h2"],
                     ['      item: "li"   # Kasten', "      title: h2", "      date: time"],
                     id="nested-block"),
        pytest.param("drei", {"licence": "NO"},
                     ["    licence: |", "      Eine Lizenz", "      in zwei Zeilen"],
                     ['    licence: "NO"'], id="block-of-text"),
        pytest.param("drei", {"kind": "manual", "selectors": None},
                     ["  - kind: listing", "    id: drei", "    platform: amt",
                      "    url: https://amt.example/liste", "    selectors:",
                      '      item: "div.teaser"   # Kasten', "      title: h2"],
                     ["  - kind: manual", "    id: drei", "    platform: amt",
                      "    url: https://amt.example/liste"], id="first-key-and-last-block"),
    ],
)  # fmt: skip
def test_an_update_changes_its_lines_only(
    source: str, changes: dict[str, Any], gone: list[str], new: list[str], path: Path
) -> None:
    edit.update_source(path, source, changes)

    assert changed_lines(path) == (gone, new)


def test_a_new_source_follows_the_last_in_its_layout(path: Path) -> None:
    loaded = edit.add_source(
        path,
        {"id": "vier", "platform": "amt", "kind": "feed", "url": "https://amt.example/4?a=1&b=#c",
         "include": ("/a, b/",), "budget": {"requests": 7}, "policy": None},
    )  # fmt: skip

    assert changed_lines(path) == ([], [
        "  - id: vier", "    platform: amt", "    kind: feed",
        '    url: "https://amt.example/4?a=1&b=#c"', '    include: ["/a, b/"]',
        "    budget: {requests: 7}", "",
    ])  # fmt: skip
    assert loaded.sources[-1].include == ("/a, b/",)
    assert config.load(path) == loaded


def test_a_new_platform_keeps_the_indentation_of_the_others(path: Path) -> None:
    edit.add_platform(path, {"id": "kreis", "name": "Kreis: Süd", "short_name": "Kreis",
                             "level": "kommune", "url": "https://kreis.example/",
                             "operator": [{"name": "Kreis", "since": "2020-01"}]})  # fmt: skip

    assert changed_lines(path) == ([], [
        "    - id: kreis", '      name: "Kreis: Süd"', "      short_name: Kreis",
        "      level: kommune", "      url: https://kreis.example/",
        "      operator: [{name: Kreis, since: 2020-01}]",
    ])  # fmt: skip


@pytest.mark.parametrize(
    "before",
    ["platforms: []\nsources: []\n", "platforms:  # leer\nsources: [ ]  # auch leer",
     "# noch nichts\nsite: {title: X}", "platforms: []\r\nsources: []\r\n",
     "\ufeffplatforms: []\nsources: []\n"],
    ids=["empty-lists", "null-and-comment", "no-sections", "windows", "byte-order-mark"],
)  # fmt: skip
def test_the_first_entries_find_their_place(before: str, tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_bytes(before.encode())

    edit.add(
        path,
        platforms=[{"id": "amt", "name": "Amt", "short_name": "Amt", "level": "eu",
                    "operator": "Amt", "url": "https://amt.example/"}],
        sources=[{"id": "a", "platform": "amt", "kind": "manual"},
                 {"id": "b", "platform": "amt", "kind": "manual"}],
    )  # fmt: skip

    assert [source.id for source in config.load(path).sources] == ["a", "b"]
    after = path.read_bytes().decode()
    assert after.startswith("\ufeff") == before.startswith("\ufeff")
    assert after.count("\r\n") == (after.count("\n") if "\r" in before else 0)
    assert after.count("#") == before.count("#")


def test_a_source_is_changed_in_the_file_where_it_stands(path: Path) -> None:
    (path.parent / "sources.d").mkdir()
    other = path.parent / "sources.d" / "kreis.yaml"
    other.write_text("sources:\n- id: neu  # hier\n  platform: amt\n  kind: manual\n")

    edit.set_enabled(path, "neu", enabled=False)

    assert path.read_text(encoding="utf-8") == COMMENTED
    assert other.read_text() == (
        "sources:\n- id: neu  # hier\n  platform: amt\n  kind: manual\n  enabled: false\n"
    )


def test_switching_off_and_on_again_restores_every_byte(path: Path) -> None:
    edit.set_enabled(path, "eins", enabled=False)
    edit.set_enabled(path, "eins", enabled=True)

    assert path.read_text(encoding="utf-8") == COMMENTED


def test_an_edit_without_effect_leaves_the_file_alone(path: Path) -> None:
    before = path.stat()

    edit.update_source(path, "eins", {"enabled": True, "include": ("/news/", "re:^/x")})

    assert path.stat().st_ino == before.st_ino


@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        pytest.param(lambda p: edit.update_source(p, "eins", {"kind": "fead"}), InvalidConfigError,
                     id="unknown-kind"),
        pytest.param(lambda p: edit.update_source(p, "eins", {"platform": None}),
                     InvalidConfigError, id="required-key"),
        pytest.param(lambda p: edit.add_source(p, {"id": "eins", "platform": "amt",
                                                   "kind": "manual"}), InvalidConfigError,
                     id="known-id"),
        pytest.param(lambda p: edit.update_source(p, "eins", {"id": "neu"}), ConfigError,
                     id="other-id"),
        pytest.param(lambda p: edit.update_source(p, "ein", {"enabled": False}), NotFoundError,
                     id="unknown-source"),
        pytest.param(lambda p: edit.set_enabled(p, "eins", enabled=False, expected_checksum="0"),
                     ConflictError, id="stale-checksum"),
        pytest.param(lambda p: edit.add_source(p, {"id": "x"}, expected_checksum="0"),
                     ConflictError, id="stale-checksum-of-an-addition"),
    ],
)  # fmt: skip
def test_what_would_not_load_is_not_written(
    attempt: Callable[[Path], Catalogue], error: type[ConfigError], path: Path
) -> None:
    with pytest.raises(error):
        attempt(path)

    assert path.read_text(encoding="utf-8") == COMMENTED
    assert [file.name for file in path.parent.iterdir()] == ["sources.yaml"]


def test_the_checksum_that_the_editor_saw_lets_it_write(path: Path) -> None:
    seen = config.load(path).checksum

    loaded = edit.set_enabled(path, "eins", enabled=False, expected_checksum=seen)

    assert loaded.checksum == config.load(path).checksum != seen


def test_a_list_with_mistakes_is_not_edited(path: Path) -> None:
    path.write_text("sources: [\n")

    with pytest.raises(InvalidConfigError, match="Klammer"):
        edit.add_source(path, {"id": "x", "platform": "amt", "kind": "manual"})


def test_a_value_that_others_refer_to_is_not_changed_behind_their_back(path: Path) -> None:
    shared = COMMENTED.replace("budget: {", "budget: &klein {")
    shared = shared.replace("    selectors:", "    budget: *klein\n    selectors:")
    path.write_text(shared, encoding="utf-8")

    with pytest.raises(ConfigError, match="nicht eindeutig"):
        edit.update_source(path, "eins", {"budget": {"requests": 9, "time": "10m"}})

    assert path.read_text(encoding="utf-8") == shared


def test_the_file_keeps_its_mode_and_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    path.chmod(0o640)
    link = tmp_path / "anderswo" / "sources.yaml"
    link.parent.mkdir()
    link.symlink_to(path)

    edit.set_enabled(link, "eins", enabled=False)

    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert not config.load(path).sources[0].enabled


def test_entries_join_a_list_in_brackets(path: Path) -> None:
    one = "{id: amt, name: A, short_name: A, level: eu, operator: A, url: https://a.example/}"
    path.write_text(f"platforms: [{one}]\nsources: [{{id: a, platform: amt, kind: manual}}]  # b\n")

    edit.add_source(path, {"id": "b", "platform": "amt", "kind": "manual"})

    assert path.read_text().endswith("kind: manual}, {id: b, platform: amt, kind: manual}]  # b\n")


def test_a_value_is_filled_in_where_none_stood(path: Path) -> None:
    path.write_text(COMMENTED.replace("    enabled: true\n", "    enabled:   # noch offen\n"))

    edit.update_source(path, "eins", {"enabled": False, "budget": {"requests": 1}, "every": "1h"})

    assert "    enabled: false   # noch offen\n" in path.read_text()


def test_a_list_in_lines_may_be_written_all_over(path: Path) -> None:
    edit.update_source(path, "eins", {"include": ["/a/", "/b/"]})

    assert "    include:\n      - /a/\n      - /b/\n      # Ende der Liste\n" in path.read_text()


def test_a_full_disk_leaves_the_old_file(path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, limits[1]))
    try:
        with pytest.raises(ConfigError, match="nicht schreiben"):
            edit.set_enabled(path, "eins", enabled=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert path.read_text(encoding="utf-8") == COMMENTED
    assert [file.name for file in path.parent.iterdir()] == ["sources.yaml"]


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nicht schreiben"):
        edit.set_enabled(tmp_path / "nirgends" / "sources.yaml", "eins", enabled=False)


@pytest.mark.parametrize(
    "text",
    ["nan", "inf", "1e5", "0x1F", "~", "yes", "2025-01-01", "12:30", "- a", "a: b", "a #b", "'",
     '"', "\\", "#", "&a", "*a", "!a", "|", ">", "%", "@", "`", "{a}", "[a]", "a, b", "a\tb",
     "a\nb", "a\u2028b", "x\x85y", "ä", "\U0001f600", "http://a:", "? a", "a:", "=", "<<", "..."],
)  # fmt: skip
@pytest.mark.parametrize("source", ["eins", "zwei", "drei"])
def test_any_text_is_written_so_that_it_is_read_again(source: str, text: str, path: Path) -> None:
    loaded = edit.update_source(path, source, {"licence": text})

    assert {s.id: s.licence for s in loaded.sources}[SourceId(source)] == text


def test_a_text_that_no_file_can_hold_is_refused(path: Path) -> None:
    with pytest.raises(InvalidConfigError):
        edit.update_source(path, "eins", {"licence": "\ud800"})


WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="\ufeff"), min_size=1, max_size=12
).filter(lambda text: text == text.strip() and bool(text))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "enabled": st.booleans(),
    "licence": WORDS,
    "item_kind": st.sampled_from(["news", "faq", "press_release"]),
    "include": st.lists(WORDS.filter(lambda text: not text.startswith("re:")), max_size=3),
    "budget": st.fixed_dictionaries({"requests": st.integers(1, 99)},
                                    optional={"time": st.sampled_from(["5m", "1h"])}),
    "expect": st.fixed_dictionaries({"max_vanish": st.sampled_from([0.1, 0.25, 1.0])}),
    "every": st.sampled_from(["2h", "adaptive"]),
}  # fmt: skip


@given(
    source=st.sampled_from(["eins", "zwei", "drei"]),
    changes=st.fixed_dictionaries({}, optional={k: st.none() | v for k, v in VALUES.items()}),
)
@settings(max_examples=150, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
def test_random_edits_keep_every_other_line(
    source: str, changes: dict[str, Any], path: Path
) -> None:
    path.write_text(COMMENTED, encoding="utf-8")
    before = {str(s.id): s for s in config.load(path).sources}

    after = {str(s.id): s for s in edit.update_source(path, source, changes).sources}

    assert {k: v for k, v in after.items() if k != source} == {
        k: v for k, v in before.items() if k != source
    }
    for name in changes.keys() - {"budget", "expect", "every", "include"}:
        if changes[name] is not None:
            assert getattr(after[source], name) == changes[name]
    lines = iter(path.read_text(encoding="utf-8").split("\n"))
    touched = {name for name in changes if name != "enabled" or changes[name] is not True}
    for line in COMMENTED.split("\n"):
        if not _may_change(line, source, touched):
            assert line in lines, line  # in the same order: `in` consumes the iterator


def _may_change(line: str, source: str, touched: set[str]) -> bool:
    """Whether a line belongs to what an edit of a source may change."""
    if source == "zwei":
        return line.startswith("  - {id: zwei")
    mine = {"eins": ("include", "budget", "enabled"), "drei": ("licence",)}[source]
    inner = {"      - /news/        # nur Meldungen": "include", "      - 're:^/x'": "include",
             "      # Ende der Liste": "include", "      Eine Lizenz": "licence",
             "      in zwei Zeilen": "licence"}  # fmt: skip
    name = inner.get(line) or line.strip().partition(":")[0]
    return name in mine and name in touched
