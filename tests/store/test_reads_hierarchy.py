"""Pages below pages, answers to questions: as publishers say, and only what is in the index."""

from typing import Any

from aggregator import store
from aggregator.clock import stamp
from aggregator.store.items import store_item
from aggregator.store.reads_hierarchy import hierarchy
from tests.builders import make_catalogue, make_item, make_platform, make_source
from tests.conftest import START


def put(db: store.Connection, number: int, **more: Any) -> int:
    """Store an item; return its row."""
    store.catalogue.mirror(db, make_catalogue([make_source()]))
    item = make_item(number, url=f"http://amt.example/seite/{number}", **more)
    with store.transaction(db):
        _, pk = store_item(db, item, make_platform(), stamp(START))
    assert pk is not None
    return pk


def titles(found: list[dict[str, str]]) -> list[str]:
    return [row["title"] for row in found]


def test_page_knows_the_one_above_and_those_below(db: store.Connection) -> None:
    top = put(db, 1, entry_id="1", title="Leitfaden")
    below = [put(db, n, entry_id=str(n), parent="1", title=f"Kapitel {n}") for n in (2, 3)]

    assert titles(hierarchy(db, top)["children"]) == ["Kapitel 2", "Kapitel 3"]
    assert [hierarchy(db, pk)["parent"]["title"] for pk in below] == ["Leitfaden"] * 2
    assert hierarchy(db, top)["parent"] is None


def test_parent_may_be_named_by_its_address(db: store.Connection) -> None:
    put(db, 1, entry_id="1", title="Leitfaden")
    below = put(db, 2, entry_id="2", parent="https://www.amt.example/seite/1?utm_source=x")
    assert hierarchy(db, below)["parent"]["title"] == "Leitfaden"


def test_answer_leads_to_its_question(db: store.Connection) -> None:
    put(db, 1, entry_id="frage", title="Wer zahlt?")
    answer = put(db, 2, entry_id="antwort", answer_to="frage")
    assert hierarchy(db, answer)["answer_to"]["title"] == "Wer zahlt?"


def test_what_is_not_in_the_index_is_not_told(db: store.Connection) -> None:
    alone = put(db, 2, entry_id="2", parent="9", answer_to="8")
    assert hierarchy(db, alone) == {"parent": None, "children": [], "answer_to": None}


def test_hidden_pages_and_the_page_itself_are_left_out(db: store.Connection) -> None:
    top = put(db, 1, entry_id="1", parent="1")
    hidden = put(db, 2, entry_id="2", parent="1")
    db.execute("UPDATE item SET state = 'hidden' WHERE pk = ?", (hidden,))
    assert hierarchy(db, top) == {"parent": None, "children": [], "answer_to": None}
