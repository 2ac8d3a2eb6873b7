"""Derived rows are a pure function of the items and the epoch, whatever happened on the way."""

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import building, derive, indexer, store
from aggregator.clock import SimulatedClock
from aggregator.links import related
from aggregator.store.catalogue import mirror
from tests.builders import make_catalogue, make_source
from tests.conftest import START
from tests.derive.conftest import AMT, LAND, Corpus, address, link

SENTENCES = [
    "Die Kommune nimmt den Antrag auf Wohngeld seit dem Frühjahr auch auf elektronischem Wege an.",
    "Der Bund fördert die Digitalisierung der Verwaltung in Ländern und Kommunen mit viel Geld.",
    "Nach § 1a OZG sind Leistungen der Verwaltung auch über Portale anzubieten, sagt das Gesetz.",
    "Die Verwaltungsreform des Landes stößt auf den Widerstand der kreisangehörigen Gemeinden.",
    "Für die Steuer gilt eine neue Frist, die das Finanzamt den Bürgern schriftlich mitteilt.",
    "Der Beschluss 2018/36 des IT-Planungsrats regelt die Zusammenarbeit von Bund und Ländern.",
]
NUMBERS = range(6)


def item_text(picks: Sequence[int]) -> str:
    return " ".join(SENTENCES[pick] for pick in picks)


texts = st.lists(st.sampled_from(range(len(SENTENCES))), min_size=1, max_size=4)
steps = st.one_of(
    st.tuples(
        st.just("put"), st.sampled_from(NUMBERS), st.sampled_from(["amt", "land"]), texts,
        st.sampled_from(NUMBERS), st.sampled_from(["amt", "land", "alt"]),
    ),
    st.tuples(st.just("drop"), st.sampled_from(NUMBERS), st.sampled_from(["amt", "land"])),
    st.tuples(st.just("derive")),
    st.tuples(st.just("derive"), st.integers(0, 6)),
    st.tuples(st.just("rebuild"), st.integers(0, 8)),
)  # fmt: skip


def play(corpus: Corpus, played: Sequence[tuple[object, ...]]) -> None:
    """Do what the steps say."""
    for what, *told in played:
        if what == "put":
            number, platform, picks, to, host = told
            corpus.put(
                int(str(number)), str(platform), text=item_text(picks),  # type: ignore[arg-type] # of strategies
                links=(link(address(int(str(to)), str(host))),),
                identifiers=(f"BT-Drs. 19/{1000 + int(str(number))}",),
            )  # fmt: skip
        elif what == "drop":
            corpus.drop(int(str(told[0])), str(told[1]))
        elif told:  # everything is searchable, some of it linked
            limit = timedelta(seconds=int(str(told[0])))
            corpus.derive(rebuild=what == "rebuild", links_for=limit, at_once=0)
        else:
            corpus.derive()


def fresh(folder: str, name: str) -> Corpus:
    """An empty corpus in a folder."""
    db = store.connect(Path(folder) / name)
    sources = [make_source("amt-feed"), make_source("land-feed", platform="land")]
    mirror(db, make_catalogue(sources, [AMT, LAND]))
    return Corpus(db, SimulatedClock(START))


@pytest.mark.parametrize("kept", [1, 2, 10], ids="lists of {}".format)
@settings(max_examples=20, deadline=None)
@given(played=st.lists(steps, min_size=1, max_size=16))
def test_rebuild_gives_what_is_there_already(kept: int, played: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(related, "KEPT", kept)  # caps bind in small corpora too
        for module in (building, derive, indexer):
            patch.setattr(module, "BATCH", 2)  # and limits fall into the middle
        corpus = fresh(folder, "one")
        play(corpus, played)
        corpus.derive()
        before = corpus.digest()
        corpus.derive(rebuild=True)
        assert corpus.digest() == before
        corpus.db.close()


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(texts, st.sampled_from(["amt", "land"])), min_size=2, max_size=8),
       st.randoms(use_true_random=False))  # fmt: skip
def test_order_of_arrival_does_not_matter(
    told: list[tuple[list[int], str]], chance: object
) -> None:
    puts = [("put", n, platform, picks, (n + 1) % 6, "alt")
            for n, (picks, platform) in enumerate(told)]  # fmt: skip
    shuffled = list(puts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined] # random.Random of hypothesis
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, order in (("one", puts), ("two", shuffled)):
            corpus = fresh(folder, name)
            for step in order:
                play(corpus, [step, ("derive",)])
            corpus.derive(epoch=True)
            found.append(corpus.digest())
            corpus.db.close()
    assert found[0] == found[1]
