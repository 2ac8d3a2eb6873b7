"""Topics learnt from decisions: what is automatic, what is not, and what storing keeps."""

import pytest

from aggregator.links.topic_features import Groups, Told, groups_of, law_token
from aggregator.links.topic_fit import (
    Example,
    Prior,
    cut_at,
    learn,
    lower_bound,
    prior_of_law,
    prior_of_phrase,
)
from aggregator.links.topic_model import Model, judged, packed, unpacked
from aggregator.links.topics import Assigned

NOUNS = {
    "bauen": ("haus", "dach", "wand", "keller", "garten", "zaun", "mauer", "fenster"),
    "umwelt": ("wald", "fluss", "abfall", "boden", "luft", "moor", "deich", "biotop"),
}
ACTS = ("genehmig", "anzeig", "verlanger", "losch", "prufung", "auskunft")
PRIORS: list[Prior] = [
    prior_of_phrase(topic, noun, "") for topic, nouns in NOUNS.items() for noun in nouns[:2]
]


def groups(title: str, **more: str) -> Groups:
    return groups_of(Told(title=title, **more))


def example(title: str, topic: str, platform: str = "amt") -> Example:
    return Example(platform=platform, groups=groups(title), topics=frozenset([topic]))


def titles(nouns: slice = slice(None)) -> list[tuple[str, str]]:
    return [
        (f"{noun}sache{number} {act}", topic)
        for topic, held in NOUNS.items()
        for noun in held[nouns]
        for number in range(4)
        for act in ACTS
    ]


def decided(*, nouns: slice = slice(None)) -> list[Example]:
    return [example(title, topic) for title, topic in halves(nouns)[0]]


def halves(nouns: slice = slice(None)) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Twins on both sides, each act on each."""
    rows = list(enumerate(titles(nouns)))
    first = [row for n, row in rows if (n + n // len(ACTS)) % 2 == 0]
    return first, [row for n, row in rows if (n + n // len(ACTS)) % 2]


def model(undecided: dict[str, list[Groups]], *, nouns: slice = slice(None)) -> Model:
    found = learn("achse", decided(nouns=nouns), PRIORS, undecided)
    assert found is not None
    return found


TWINS = {"amt": [groups(title) for title, _ in halves()[1]]}


def test_twin_of_decided_items_is_automatic() -> None:
    [best, *_] = model(TWINS).assign(groups("zaunsache1 anzeig"), "amt", ["Zaunsache"])

    assert (best.topic, best.auto, best.source) == ("bauen", True, "model")
    assert best.confidence >= 950


def test_where_nobody_decided_on_the_like_nothing_is_automatic() -> None:
    half = slice(4)
    strangers = {"amt": [groups(f"{noun}ding erteilung")
                         for held in NOUNS.values() for noun in held[4:]] * 5}  # fmt: skip

    learnt = model(strangers, nouns=half)

    assert learnt.trusted == frozenset()
    assert not any(a.auto for g in strangers["amt"] for a in learnt.assign(g, "amt", []))


def test_another_platform_is_not_trusted() -> None:
    [best, *_] = model(TWINS).assign(groups("zaunsache1 erteilung"), "land", [])

    assert best.topic == "bauen"
    assert not best.auto


def test_few_decisions_teach_nothing() -> None:
    assert learn("achse", decided()[:30], PRIORS, {}) is None


def test_stored_model_says_the_same() -> None:
    learnt = model(TWINS)
    again = unpacked(packed(learnt))

    for title in ("zaunsache1 erteilung", "moorsache genehmig", "unbekannt"):
        assert again.assign(groups(title), "amt", []) == learnt.assign(groups(title), "amt", [])


def test_learning_twice_gives_the_same() -> None:
    assert packed(model(TWINS)) == packed(model(TWINS))


def test_rules_are_queued_behind_the_model_unless_they_were_right() -> None:
    rule = Assigned(topic="umwelt", source="rule", confidence=980, auto=True, evidence="Abfall")
    other = Assigned(topic="cloud", source="rule", confidence=900, auto=True, evidence="Cloud")

    found = judged([model(TWINS)], [rule, other], groups("zaunsache1 anzeig"), "amt", [])

    by_topic = {topic.topic: topic for topic in found}
    assert not by_topic["umwelt"].auto
    assert by_topic["umwelt"].confidence < by_topic["bauen"].confidence
    assert by_topic["cloud"] == other, "of another axis, on which nothing was learnt"


def test_law_and_leika_key_are_features() -> None:
    found = groups("antrag", refs="ref_law_baugb_30")
    keyed = groups_of(Told(title="antrag", identifiers=["99012001000000"]))

    assert law_token("BauGB") in found["l"]
    assert set(keyed["k"]) == {"5:99012", "8:99012001"}
    assert prior_of_law("bauen", "BauGB").groups == {"l": {law_token("BauGB"): 1.0}}


@pytest.mark.parametrize(("right", "cut"), [
    ([True] * 40, True), ([True] * 10, False), ([False] * 40, False),
])  # fmt: skip
def test_cut_needs_enough_that_was_right(right: list[bool], *, cut: bool) -> None:
    beliefs = [1 - number / 100 for number in range(len(right))]

    assert (cut_at(beliefs, right) is not None) is cut


def test_bound_is_below_the_share_and_nears_it() -> None:
    assert lower_bound(95, 100) < 0.95
    assert lower_bound(950, 1000) > lower_bound(95, 100)
