"""Rules for addresses change: what merges, splits or is called otherwise, and nothing lost."""

from collections.abc import Iterator
from typing import Any

import pytest

from aggregator import store, urls
from aggregator.clock import stamp
from aggregator.setting_up import settle_rules
from aggregator.store import decisions, rekey
from aggregator.store.digest import digest
from aggregator.store.items import store_item
from tests.builders import make_catalogue, make_item, make_platform, make_source
from tests.conftest import START

NOW = stamp(START)
NUMBER = {"keys": [{"id": "amt", "path": r"^/meldung/(?P<n>\d+)", "key": "amt:{n}"}]}
VIEW = {"noise": [{"id": "ansicht", "drop": "ansicht"}]}


@pytest.fixture(autouse=True)
def rules() -> Iterator[None]:
    """Each test begins and ends with the packaged rules."""
    urls.install({})
    yield
    urls.install({})


def put(db: store.Connection, *addresses: str, now: str = NOW, **more: Any) -> None:
    """Store an item for each address."""
    store.catalogue.mirror(db, make_catalogue([make_source()]))
    for number, url in enumerate(addresses, 1):
        item = make_item(number, url=url, entry_id=None, title=f"Titel {url}", **more)
        with store.transaction(db):
            store_item(db, item, make_platform(), now)


def under(rules: dict[str, Any]) -> rekey.Table:
    """Let rules hold; return the table."""
    urls.install(rules)
    return urls.table_with(rules)


def living(db: store.Connection) -> dict[str, str]:
    """Return id -> key of the items."""
    rows = db.execute("SELECT id, key FROM item WHERE merged_into IS NULL ORDER BY pk")
    return {row["id"]: row["key"] for row in rows}


A, B, C = (f"http://amt.example/meldung/{name}" for name in ("7", "7-neu", "8"))


def test_preview_names_merges_and_renamings_and_writes_nothing(db: store.Connection) -> None:
    put(db, A, B, C)
    before = digest(db)

    found = rekey.preview(db, urls.table_with(NUMBER))

    assert [[item.url for item in merge.items] for merge in found.merges] == [[A, B]]
    assert found.merges[0].key == found.merges[0].because == "amt:7"
    assert [(r.item.url, r.key) for r in found.renamed] == [(C, "amt:8")]
    assert (found.items_before, found.items_after) == (3, 2)
    assert digest(db) == before
    assert not rekey.is_current(db, urls.table_with(NUMBER))


def test_merged_items_keep_the_older_id_and_both_keys_lead_to_it(db: store.Connection) -> None:
    put(db, A, now="2026-11-01T08:00:00Z")
    put(db, B, C)
    first, second, third = living(db)

    rekey.apply(db, under(NUMBER), NOW)

    assert living(db) == {first: "amt:7", third: "amt:8"}
    old = decisions.Subject(platform="amt", key=urls.canonical(A))
    new = decisions.Subject(platform="amt", key="amt:7", url=B)
    pks = {row["id"]: row["pk"] for row in db.execute("SELECT id, pk FROM item")}
    assert decisions.find(db, old) == decisions.find(db, new) == pks[first]
    assert db.execute("SELECT count(*) FROM alias WHERE item = ?", (pks[first],)).fetchone()[0] == 2
    assert second in pks  # its address in the index leads on


def test_addresses_that_become_one_make_their_items_one(db: store.Connection) -> None:
    put(db, A, f"{A}?ansicht=druck")
    assert len(living(db)) == 2

    done = rekey.apply(db, under(VIEW), NOW)

    assert list(living(db).values()) == [urls.canonical(A)]
    assert (done.addresses_before, done.addresses_after) == (2, 1)


def test_what_comes_after_the_change_finds_its_item(db: store.Connection) -> None:
    put(db, B)
    (first,) = living(db)
    rekey.apply(db, under(NUMBER), NOW)

    put(db, A)

    assert living(db) == {first: "amt:7"}


def test_items_that_are_numbered_differently_never_merge(db: store.Connection) -> None:
    urls.install(NUMBER)
    put(db, A, C)
    rekey.apply(db, under(NUMBER), NOW)
    ids = living(db)
    one_page = {**NUMBER, "rewrites": [{"id": "gleich", "path": "/meldung/8", "from": "8",
                                        "to": "9"}]}  # fmt: skip

    rekey.apply(db, under(one_page), NOW)

    assert list(living(db)) == list(ids)


def test_item_that_was_several_things_is_split_and_the_rest_read_anew(
    db: store.Connection,
) -> None:
    urls.install(VIEW | {"noise": [{"id": "seite", "drop": "seite"}]})
    table = urls.table_with({"noise": [{"id": "seite", "drop": "seite"}]})
    rekey.apply(db, table, NOW)
    numbered = {"keys": [{"id": "amt", "query": {"id": r"^(?P<n>\d+)$"}, "key": "amt:{n}"}]}
    one, two = "http://amt.example/?id=1", "http://amt.example/?id=2"
    everything_one = {"noise": [{"id": "id", "drop": "id"}]}
    rekey.apply(db, under(everything_one), NOW)
    put(db, one, aliases=())
    with store.transaction(db):
        db.execute("INSERT INTO alias SELECT platform, 'x', 'x', ?, item FROM alias", (two,))
    assert len(living(db)) == 1

    found = rekey.preview(db, urls.table_with(numbered))
    assert [dict(split.others) for split in found.splits] == [{"amt:2": (two,)}]
    assert (found.items_before, found.items_after) == (1, 2)
    rekey.apply(db, under(numbered), NOW)

    assert list(living(db).values()) == ["amt:1"]
    assert [row["url"] for row in db.execute("SELECT url FROM alias")] == [one]
    due = db.execute("SELECT url FROM frontier WHERE pending = 1 AND role = 'detail'").fetchall()
    assert [row["url"] for row in due] == [two]


def test_decisions_and_tombstones_go_with_the_key(db: store.Connection) -> None:
    put(db, C)
    told = {"kind": "hide", "subject": {"platform": "amt", "key": urls.canonical(C)}, "value": True,
            "by": "A", "at": NOW}  # fmt: skip
    with store.transaction(db):
        decisions.record(db, decisions.read(told, where="Test"))
        db.execute("INSERT INTO tombstone VALUES ('amt', ?, ?, 'Wunsch')",
                   (urls.canonical(B), NOW))  # fmt: skip

    rekey.apply(db, under(NUMBER), NOW)

    assert [d.subject.key for d in decisions.stored(db)] == ["amt:8"]
    put(db, A)  # the erased one under another of its addresses
    assert list(living(db).values()) == ["amt:8"]


def test_a_second_run_over_what_was_half_done_ends_the_work(db: store.Connection) -> None:
    put(db, A, B, C)
    table = under(NUMBER)
    rekey.apply(db, table, NOW)
    ended = digest(db)
    db.execute("DELETE FROM meta WHERE key = 'url_rules'")  # killed before the last transaction

    rekey.apply(db, table, NOW)

    assert digest(db) == ended


def test_frontier_and_enumerations_follow_and_are_read_in_full(db: store.Connection) -> None:
    put(db, A)
    source, old = "amt-feed", f"{urls.canonical(A)}?ansicht=druck"
    with store.transaction(db):
        feed = "http://amt.example/feed.xml"
        store.frontier.open_pass(db, source, feed, urls.canonical(feed), NOW, trusted_since=NOW)
        db.execute("UPDATE frontier SET etag = '\"alt\"', fetched_at = ?", (NOW,))
        db.execute(
            "INSERT INTO frontier (source, url, canonical, role, reason, due_at, pending)"
            " VALUES (?, ?, ?, 'detail', 'new', ?, 1)",
            (source, f"{A}?ansicht=druck", old, NOW),
        )
        store.frontier.relist(db, source, "https://amt.example/feed.xml", [old])

    rekey.apply(db, under(VIEW), NOW)

    named = [row["canonical"] for row in db.execute("SELECT canonical FROM listed")]
    rows = db.execute("SELECT canonical, etag FROM frontier ORDER BY role DESC").fetchall()
    assert named == [urls.canonical(A)]
    assert [tuple(row) for row in rows] == [
        ("https://amt.example/feed.xml", None),
        (urls.canonical(A), None),
    ]


def test_a_run_applies_small_changes_and_leaves_large_ones_to_people(
    db: store.Connection, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    put(db, A, B, C)
    urls.install(NUMBER)

    settle_rules(db, clock)

    assert len(living(db)) == 3
    assert "aggregator urls preview" in caplog.text
    assert urls.identity(A).key == urls.canonical(A)  # the rules of the store stay in force

    urls.install({"keys": [{"id": "amt", "path": r"^/meldung/(?P<n>8)$", "key": "amt:{n}"}]})
    settle_rules(db, clock)
    assert list(living(db).values())[2] == "amt:8"
