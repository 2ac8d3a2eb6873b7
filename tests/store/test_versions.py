"""Versions: as many as there were, each text once, and the differences replay them."""

import json
import random
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from aggregator import diff, store
from aggregator.clock import stamp
from aggregator.model import ItemState, Link, Policy, Role
from aggregator.store import erase, versions
from aggregator.store.items import join, store_item
from tests.builders import make_item, make_platform
from tests.conftest import START

AMT = make_platform()
LETTER = (
    "Die Leistung kann online beantragt werden.\n\nZuständig ist das Amt für Soziales.\n\n"
    "Die Bearbeitung dauert in der Regel drei Wochen; die Frist endet am 12. März 2026."
)


def keep(db: store.Connection, day: int, text: str, **more: Any) -> None:
    """Store an observation of `day` days after the first."""
    now = stamp(START + timedelta(days=day))
    with store.transaction(db):
        store_item(db, make_item(1, text=text, **more), AMT, now)


def edited(text: str, dice: random.Random) -> str:
    """Change, drop, insert or move a few words or paragraphs."""
    parts = text.split(" ")
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(parts))
        parts[at : at + dice.randint(0, 2)] = dice.choices(
            ("Antrag", "Frist\n\n", "12.500", "das", "FIT-Connect", "(neu)", "ß"),
            k=dice.randint(0, 3),
        )
    return " ".join(parts) or "Leer."


@pytest.mark.parametrize("seed", range(12))
def test_replay_of_n_versions_gives_n_minus_1_diffs_that_reproduce_them(
    db: store.Connection, seed: int
) -> None:
    dice = random.Random(seed)
    texts = [LETTER * 10]
    for _ in range(24):
        following = dice.choice(texts) if dice.random() < 0.2 else edited(texts[-1], dice)
        if " ".join(following.split()) != " ".join(texts[-1].split()):
            texts.append(following)
    for day, text in enumerate(texts):
        keep(db, day, text)

    states = list(versions.states(db, 1))
    diffs = [diff.changes(a.text, b.text) for a, b in pairwise(states)]

    assert len(states) == len(texts)
    assert len(diffs) == len(texts) - 1
    assert all(diffs)
    replayed = states[0].text
    for found, state in zip(diffs, states[1:], strict=True):
        replayed = diff.apply(replayed, found)
        assert replayed == state.text
    assert all(a.until_at == b.from_at for a, b in pairwise(states))


def test_noise_alone_makes_no_version(db: store.Connection) -> None:
    for day in range(20):
        keep(
            db,
            day,
            f"{LETTER}\n\n{day * 37} Aufrufe\n\nStand: {day + 1}.11.2026, 08:0{day % 10} Uhr",
        )

    assert len(list(versions.states(db, 1))) == 1


def test_a_text_that_returns_is_stored_once(db: store.Connection) -> None:
    for day in range(41):
        keep(db, day, LETTER if day % 2 else LETTER.replace("drei Wochen", "vier Wochen"))

    assert len(list(versions.states(db, 1))) == 41
    assert db.execute("SELECT count(*) FROM version_text").fetchone()[0] == 2


def test_an_edit_of_a_long_text_costs_a_fraction_of_it(db: store.Connection) -> None:
    dice = random.Random(7)
    words = [f"{dice.choice('BDFGKLMNPRST')}{dice.randrange(10**6)}ung" for _ in range(2_000)]
    for day in range(20):
        words[dice.randrange(len(words))] = f"Änderung{day}"
        keep(db, day, " ".join(words))

    stored, whole = db.execute(
        "SELECT sum(length(packed)), max(length(packed)) FROM version_text"
    ).fetchone()
    assert stored < 2 * whole
    assert f"Änderung{18}" in list(versions.states(db, 1))[18].text


def test_links_and_date_are_part_of_a_version(db: store.Connection) -> None:
    def link(name: str) -> Link:
        return Link(url=f"http://amt.example/{name}", anchor=name, sentence="", position=0)

    keep(db, 0, LETTER, links=(link("alt"),))
    keep(db, 1, LETTER, links=(link("neu"),))
    keep(db, 2, LETTER, links=(link("neu"),), published=None)

    states = list(versions.states(db, 1))
    assert [state.links for state in states] == [
        ("http://amt.example/alt",), ("http://amt.example/neu",), ("http://amt.example/neu",)
    ]  # fmt: skip
    assert [bool(state.published_at) for state in states] == [True, True, False]


@pytest.mark.parametrize(
    ("policy", "links"), [(Policy.EXCERPT, {("http://amt.example/x",)}), (Policy.LINK, {()})]
)
def test_a_policy_that_forbids_text_keeps_none(
    db: store.Connection, policy: Policy, links: set[tuple[str, ...]]
) -> None:
    link = Link(url="http://amt.example/x", anchor="x", sentence="", position=0)
    for day in range(4):
        keep(db, day, f"{LETTER} {day}", links=(link,))

    keep(db, 9, LETTER, role=Role.DETAIL, policy=policy, links=(link,))

    *past, _ = versions.states(db, 1)
    assert {state.text for state in past} == {""}
    assert {state.links for state in past} == links
    stored = db.execute("SELECT hash FROM version_text").fetchall()
    assert len(stored) == len(links - {()})


def test_versions_move_with_a_late_merge_and_leave_with_an_erasure(db: store.Connection) -> None:
    for day in range(3):
        keep(db, day, f"{LETTER * 4} Stand {day}.")
    with store.transaction(db):
        for day in range(5, 9):
            item = make_item(2, text=f"{LETTER * 4} Stand {day % 7}.")
            store_item(db, item, AMT, f"2026-12-0{day}T08:00:00Z")
    before = [s.text for pk in (1, 2) for s in list(versions.states(db, pk))[:-1]]

    with store.transaction(db):
        join(db, 1, 2)

    assert [s.text for s in list(versions.states(db, 1))[:-1]] == before
    erase.erase(db, 1, reason="Test", now="2026-12-24T08:00:00Z")
    for table in ("version", "version_text"):
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0


def test_links_are_stored_as_their_addresses(db: store.Connection) -> None:
    link = Link(url="http://amt.example/x", anchor="x", sentence="Ein Satz.", position=0)
    keep(db, 0, LETTER, links=(link,))
    keep(db, 1, f"{LETTER} Neu.", links=(link,))

    row = db.execute("SELECT state, links FROM item").fetchone()
    assert (row["state"], json.loads(row["links"])[0]["url"]) == (ItemState.LIVE, link.url)
    assert next(versions.states(db, 1)).links == (link.url,)


def test_a_judged_state_is_found_by_its_hash(db: store.Connection) -> None:
    for day in range(4):
        keep(db, day, f"{LETTER} Stand {day}.")
    second = list(versions.states(db, 1))[1]

    assert versions.state_with(db, 1, second.content_hash) == second
    assert versions.state_with(db, 1, "unbekannt") is None


def test_a_text_that_leans_on_a_twin_survives_a_merge(db: store.Connection) -> None:
    """One item's text stands on a text that the other has, leaning on a third."""
    long = [f"{LETTER} {n} {'Satz ' * n}" * 3 for n in range(4)]
    with store.transaction(db):
        for number, order in ((1, (0, 1, 2)), (2, (1, 3, 0))):
            for day, at in enumerate(order):
                item = make_item(number, text=long[at])
                store_item(db, item, AMT, f"2026-12-{number}{day}T08:00:00Z")
    before = [s.text for pk in (1, 2) for s in list(versions.states(db, pk))[:-1]]

    with store.transaction(db):
        join(db, 1, 2)

    assert [s.text for s in list(versions.states(db, 1))[:-1]] == before
