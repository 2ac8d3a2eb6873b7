"""Every key and every setting is documented, and the examples load."""

import re
from pathlib import Path

import pytest

from aggregator import config
from aggregator.config.keys import REQUIRABLE, SECTIONS
from aggregator.config.settings import SETTINGS
from aggregator.config.vocabulary import ROOT
from aggregator.model import ItemKind, Level, Policy, SourceKind
from aggregator.parse.presets import PRESETS

ROOT_FOLDER = Path(__file__).parents[2]
SOURCES = (ROOT_FOLDER / "docs" / "sources.md").read_text(encoding="utf-8")
SETTINGS_PAGE = (ROOT_FOLDER / "docs" / "settings.md").read_text(encoding="utf-8")


def section(page: str, title: str) -> str:
    """Return the text under a heading, up to the next one."""
    found = re.search(rf"^##+ {title}\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"no heading {title!r}"
    return found[1]


@pytest.mark.parametrize("title", SECTIONS)
def test_every_key_is_explained_in_its_section(title: str) -> None:
    text = section(SOURCES, title)

    missing = [key.name for key in SECTIONS[title].keys if f"\n| `{key.name}` |" not in text]
    assert missing == []


@pytest.mark.parametrize("word", [*SourceKind, *ItemKind, *Level, *Policy, *PRESETS, *REQUIRABLE])
def test_every_word_that_a_key_takes_is_named(word: str) -> None:
    assert re.search(rf"[` ]{re.escape(word)}[` ]", SOURCES)


def test_every_setting_is_explained_with_its_default() -> None:
    for setting in SETTINGS:
        assert f"\n| `{setting.name}` |" in SETTINGS_PAGE
    for default in ("`8`", "`30s`", "`10`", "`30`", "`90d`", "`127.0.0.1`", "`8080`", "`4`"):
        assert default in SETTINGS_PAGE


def test_every_section_of_the_vocabulary_is_explained() -> None:
    assert all(f"\n| `{key.name}` |" in SETTINGS_PAGE for key in ROOT.keys)


def test_the_examples_of_the_source_list_load(tmp_path: Path) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", SOURCES, re.DOTALL)
    first, site, operator, source, listing, pages = examples
    path = tmp_path / "sources.yaml"
    platforms = first[first.index("platforms:") : first.index("sources:")].replace(
        "    operator: Bundesamt\n", operator
    )
    sources = "sources:\n" + source.replace("digitale-verwaltung\n", "amt\n", 1)
    sources += (
        "  - id: liste\n    platform: amt\n    url: https://amt.example/l\n" + listing + pages
    )
    path.write_text(site + platforms + sources, encoding="utf-8")
    assert len(config.load(path).sources) == 2

    path.write_text(first, encoding="utf-8")
    assert len(config.load(path).sources) == 1


def test_the_examples_of_the_settings_load(tmp_path: Path) -> None:
    [settings] = re.findall(r"```toml\n(.*?)```", SETTINGS_PAGE, re.DOTALL)
    [words] = re.findall(r"```yaml\n(.*?)```", SETTINGS_PAGE, re.DOTALL)
    (tmp_path / "settings.toml").write_text(settings, encoding="utf-8")
    (tmp_path / "vocabulary.yaml").write_text(words, encoding="utf-8")

    assert config.load_settings(tmp_path, {}).workers == 4
    assert "kita" in config.vocabulary(tmp_path).topics


def test_the_shipped_list_enables_only_what_was_seen_to_answer() -> None:
    shipped = config.load(ROOT_FOLDER / "sources.yaml")
    text = (ROOT_FOLDER / "sources.yaml").read_text(encoding="utf-8")
    closed = {p.id for p in shipped.platforms if p.access != "open"}
    former = {url for platform in shipped.platforms for url in platform.former}

    assert text.startswith("# yaml-language-server: $schema=schema/sources.schema.json\n")
    assert {s.kind for s in shipped.sources if s.enabled} == {SourceKind.FEED, SourceKind.MANUAL}
    assert all(s.kind is SourceKind.MANUAL for s in shipped.sources if s.platform in closed)
    assert "https://www.onlinezugangsgesetz.de/" in former
    press = {p.id for p in shipped.platforms if p.level is Level.PRESSE}
    assert all(s.policy is Policy.EXCERPT for s in shipped.sources if s.platform in press)


def test_every_source_that_is_switched_off_says_why() -> None:
    text = (ROOT_FOLDER / "sources.yaml").read_text(encoding="utf-8")

    off = [line for line in text.splitlines() if line.startswith("    enabled: false")]
    assert off
    assert all(re.search(r"false\s+# \w", line) for line in off)
