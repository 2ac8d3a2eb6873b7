"""Many observations at once have the outcome of each in order."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator import store
from aggregator.model import Item
from aggregator.store.arrivals import store_items
from aggregator.store.items import Outcome, store_item
from tests.builders import make_item, make_platform

AMT = make_platform()
NOW = "2026-11-24T08:00:00Z"
TABLES = ("item", "observation", "alias", "version", "changes")

ADDRESSES = [f"http://amt.example/seite/{n}" for n in range(4)]
ARRIVALS = st.builds(
    make_item,
    st.integers(1, 4),
    url=st.sampled_from([*ADDRESSES, *(f"{url}#teil" for url in ADDRESSES)]),
    aliases=st.lists(st.sampled_from(ADDRESSES), max_size=2).map(tuple),
    text=st.sampled_from(["Kurz.", "Länger als zuvor.", ""]),
)


def state(db: store.Connection) -> list[list[tuple[object, ...]]]:
    return [
        [tuple(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3")]
        for table in TABLES
    ]


def erase(db: store.Connection, item: Item) -> None:
    db.execute("INSERT INTO tombstone VALUES (?, ?, ?, 'Test')", (item.platform, item.key, NOW))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(batches=st.lists(st.lists(ARRIVALS, max_size=6), min_size=1, max_size=3))
def test_a_batch_has_the_outcome_of_its_items_in_order(
    batches: list[list[Item]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("arrivals")
    together, apart = (store.connect(folder / name) for name in ("together", "apart"))
    for batch in batches:
        with store.transaction(together):
            at_once = store_items(together, batch, AMT, NOW)
        with store.transaction(apart):
            one_by_one = [store_item(apart, item, AMT, NOW) for item in batch]
        assert at_once == one_by_one
    assert state(together) == state(apart)
    together.close()
    apart.close()


def test_an_erased_item_stays_out_of_a_batch(database: Path, db: store.Connection) -> None:
    erased, other = make_item(1), make_item(2)
    erase(db, erased)
    with store.transaction(db):
        outcomes = store_items(db, [erased, other], AMT, NOW)
    assert [outcome for outcome, _ in outcomes] == [Outcome.ERASED, Outcome.NEW]
    assert db.execute("SELECT count(*) FROM item").fetchone()[0] == 1
