"""What is prepared of an item at first sight is what merging its only observation gives."""

import json
from dataclasses import asdict, replace

import pytest

from aggregator import items
from aggregator.model import Evidence, Item, Link, Part, Policy, Role, When
from aggregator.store.rows import INSERT_ITEM, fields, packed, prepare, unpacked
from tests.builders import make_item, make_platform

QUOTED = 'Größe "XL" \\ \u2028 \x07 €'
ITEMS = [
    make_item(1),
    replace(make_item(2), title=QUOTED, identifiers=("b", "a", "b"), authors=("Ä", "B")),
    replace(make_item(3), published=When(at="2026-11-24", evidence=Evidence.URL)),
    replace(make_item(4), published=None, role=Role.DETAIL, policy=Policy.EXCERPT, text="",
            digest=items.digest_of("Das Onlinezugangsgesetz gilt.")),
    replace(make_item(5), parent="p", answer_to="q",
            links=(Link(url="https://amt.example/a", anchor=QUOTED, sentence="«Hier»",
                        position=0, prose=False),),
            parts=(Part(role="post", text=QUOTED, label="1"),)),
]  # fmt: skip


def columns(item: Item) -> dict[str, object]:
    names = INSERT_ITEM[INSERT_ITEM.index("(") + 1 : INSERT_ITEM.index(")")].split(", ")
    return dict(zip(names[5:], prepare(item, make_platform()).columns, strict=True))


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_at_first_sight_is_the_merger_of_one_observation(item: Item) -> None:
    merged = items.merge([items.observation(item)])

    found = columns(item)

    for name in ("title", "kind", "updated_at", "language", "licence", "policy", "content_hash"):
        assert found[name] == getattr(merged, name), name
    assert json.loads(str(found["identifiers"])) == list(merged.identifiers)
    assert json.loads(str(found["authors"])) == list(merged.authors)
    assert json.loads(str(found["links"])) == [asdict(link) for link in item.links]
    assert json.loads(str(found["parts"])) == [asdict(part) for part in item.parts]
    assert found["content_rank"] == merged.owner.rank


@pytest.mark.parametrize("item", ITEMS)
def test_what_a_source_told_is_written_as_an_encoder_writes_it(item: Item) -> None:
    seen = items.observation(item)
    at = seen.published

    assert fields(seen) == json.dumps(
        {"title": seen.title, "kind": seen.kind, "updated_at": seen.updated_at,
         "published": [at.at, at.evidence] if at else None, "language": seen.language,
         "authors": seen.authors, "licence": seen.licence, "policy": seen.policy,
         "url": seen.url, "identifiers": seen.identifiers}, ensure_ascii=False,
    )  # fmt: skip


def test_rows_cross_between_processes_as_they_are() -> None:
    prepared = [prepare(item, make_platform()) for item in ITEMS]

    assert unpacked(packed(prepared)) == prepared
