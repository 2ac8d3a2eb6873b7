"""What a valid source list becomes."""

import time
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml

from aggregator import config
from aggregator.config import catalogue, document, schema
from aggregator.config.mistakes import Notes
from aggregator.model import Budget, Expect, ItemKind, Operator, Policy, Site, SourceKind

FULL = """\
site: {title: Querverweis, operator: Amt, contact: y, official_banner: null}
platforms:
  - id: digitale-verwaltung
    name: Digitale Verwaltung
    short_name: DigiVerw                 # höchstens 14 Zeichen
    level: bund
    operator: [{name: BMI, until: 2025-05}, {name: BMDS, since: 2025-05}]
    url: https://www.digitale-verwaltung.de/
    former: [https://www.onlinezugangsgesetz.de/]
    licence: dl-de/by-2-0
    access: open
  - {id: forum, name: Forum, short_name: Forum, level: kommune, operator: DLT, url: https://f.example/}
sources:
  - id: dv-kurzmeldungen
    platform: digitale-verwaltung
    kind: sitemap
    url: https://www.digitale-verwaltung.de/Sitemap_Index.xml
    include: ["/SharedDocs/kurzmeldungen/", "re:/20\\\\d\\\\d/"]
    exclude: []
    item_kind: interview
    details: always
    every: 2h
    budget: {requests: 50, time: 90s}
    expect: {min_entries: 5, max_age: 60d, max_vanish: 0.5, required: [title]}
    policy: full
    licence: CC0-1.0
    timezone: Europe/Zurich
    language: de-CH
    delay: 0s
    enabled: false
  - {id: dv-liste, platform: digitale-verwaltung, kind: listing, url: https://f.example/l, preset: gsb-c,
     selectors: {item: "div.teaser", date: "time"}}
  - id: forum-von-hand
    platform: forum
    kind: manual
    every: adaptive
    budget:
    language: 'no'
"""  # noqa: E501


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A list that uses every key."""
    file = tmp_path / "sources.yaml"
    file.write_text(FULL, encoding="utf-8")
    return file


def test_every_key_arrives(path: Path) -> None:
    loaded = config.load(path)
    source, listing, manual = loaded.sources

    assert loaded.site == Site(title="Querverweis", operator="Amt", contact="y")
    assert loaded.platforms[0].operator == (
        Operator(name="BMI", until="2025-05"), Operator(name="BMDS", since="2025-05"),
    )  # fmt: skip
    assert loaded.platforms[0].former == ("https://www.onlinezugangsgesetz.de/",)
    assert source.kind is SourceKind.SITEMAP
    assert source.include == ("/SharedDocs/kurzmeldungen/", r"re:/20\d\d/")
    assert (source.item_kind, source.policy) == (ItemKind.INTERVIEW, Policy.FULL)
    assert (source.every, source.delay) == (timedelta(hours=2), timedelta(0))
    assert source.budget == Budget(requests=50, time=timedelta(seconds=90))
    assert source.expect == Expect(min_entries=5, max_age=timedelta(days=60), max_vanish=0.5,
                                   required=("title",))  # fmt: skip
    assert (source.timezone, source.language, source.enabled) == ("Europe/Zurich", "de-CH", False)
    assert (source.details, source.licence) == ("always", "CC0-1.0")
    assert (listing.preset, dict(listing.selectors)) == (
        "gsb-c", {"item": "div.teaser", "date": "time"},
    )  # fmt: skip
    assert (manual.url, manual.every, manual.language) == (None, None, "no")


def test_what_is_left_out_or_null_takes_its_default(path: Path) -> None:
    manual = config.load(path).sources[-1]

    assert manual.budget == Budget()
    assert (manual.policy, manual.timezone, manual.enabled) == (
        Policy.EXCERPT, "Europe/Berlin", True,
    )  # fmt: skip


def test_further_files_follow_in_the_order_of_their_names(path: Path) -> None:
    folder = path.parent / "sources.d"
    folder.mkdir()
    (folder / "b.yaml").write_text("sources:\n- {id: b, platform: forum, kind: manual}\n")
    (folder / "a.yaml").write_text("sources:\n- {id: a, platform: forum, kind: manual}\n")
    (folder / ".a.yaml.tmp").write_text("Rest eines abgebrochenen Schreibens")

    assert [source.id for source in config.load(path).sources][-2:] == ["a", "b"]


def test_the_checksum_changes_with_every_byte_and_every_move(path: Path) -> None:
    checksums = {config.load(path).checksum}
    path.write_text(FULL + "# Kommentar\n", encoding="utf-8")
    checksums.add(config.load(path).checksum)
    (path.parent / "sources.d").mkdir()
    path.write_text(FULL, encoding="utf-8")
    (path.parent / "sources.d" / "z.yaml").write_text("sources: []\n# Kommentar\n")
    checksums.add(config.load(path).checksum)

    assert len(checksums) == 3


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(path: Path) -> None:
    plain = config.load(path)
    path.write_bytes(b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode())

    assert config.load(path).sources == plain.sources


def test_aliases_may_repeat_a_value(path: Path) -> None:
    path.write_text(FULL.replace("budget: {", "budget: &klein {").replace("budget:\n",
                    "budget: *klein\n"), encoding="utf-8")  # fmt: skip

    assert config.load(path).sources[-1].budget == Budget(requests=50, time=timedelta(seconds=90))


def test_empty_lists_are_a_list(path: Path) -> None:
    path.write_text("platforms: []\nsources:\n")

    assert config.load(path).sources == ()


def test_the_parser_in_python_sees_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_libyaml = document.parse(FULL, Notes("sources.yaml"))
    monkeypatch.setattr(document, "_LOADER", yaml.SafeLoader)

    assert document.parse(FULL, Notes("sources.yaml")) == with_libyaml


def test_the_published_schemas_are_current() -> None:
    folder = Path(__file__).parents[2] / schema.FOLDER

    for name, content in schema.files().items():
        assert (folder / name).read_text(encoding="utf-8") == content, (
            "run `python -m aggregator.config.schema`"
        )


def test_the_schema_admits_what_loads_and_nothing_misspelt(path: Path) -> None:
    root = document.parse(FULL, Notes(str(path)))
    assert root is not None
    told = document.plain(root)
    validator = jsonschema.Draft202012Validator(schema.sources_schema())
    validator.check_schema(schema.sources_schema())

    assert list(validator.iter_errors(told)) == []
    told["sources"][0]["enabeld"] = True
    told["sources"][0]["every"] = "bald"
    assert len(list(validator.iter_errors(told))) == 2


def test_a_thousand_sources_load_quickly(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    entry = FULL[FULL.index("  - id: dv-kurz") : FULL.index("  - {id: dv-liste")]
    entries = "".join(
        entry.replace("dv-kurzmeldungen", f"s{n}").replace("Sitemap", f"Sitemap{n}")
        for n in range(1000)
    )
    path.write_text(FULL[: FULL.index("  - id: dv-kurz")] + entries, encoding="utf-8")

    started = time.process_time()
    loaded = catalogue.load(path)
    cost = time.process_time() - started

    assert len(loaded.sources) == 1000
    assert cost < 1.5  # seconds; 0.15 measured
