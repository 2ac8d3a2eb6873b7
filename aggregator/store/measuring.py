"""Measuring how related items of a corpus are, when its epoch is taken.

How alike two texts must be for a reader to call them related depends on the corpus: in a small one
the best pair may be a poor one, in a large one many are good. So a sample of items is compared with
all others, and what is found sets how scores are measured and which pairs are candidates at all.
The sample are the first items by their ids, which are hashes of their keys: the same items whatever
the order in which they came.
"""

from aggregator.links.related import SAMPLE, Measure, measure_of
from aggregator.store.derived import Generation
from aggregator.store.neighbours import Neighbourhood, indexed_of

MOST_AWAY = 5  # related items of other platforms that an item has at most in the count


def take(generation: Generation, items: int) -> Measure:
    """Measure the pairs of a generation whose items are described.

    Args:
        generation: The generation.
        items: How many there are in all.
    """
    sample = [
        row[0]
        for row in generation.run(
            "SELECT pk FROM item JOIN vector_@ v ON v.item = pk ORDER BY id LIMIT ?", (SAMPLE,)
        )
    ]
    around = Neighbourhood(generation, Measure())
    best: list[int] = []
    partial: list[int] = []
    for item in sample:
        indexed = indexed_of(generation, item)
        if indexed is not None:
            away = [n for n in around.of(item, indexed).best() if n.away]
            best += [-n.minus_score for n in away[:MOST_AWAY]]
            partial += around.partial(item, indexed)
    return measure_of(best, partial, len(sample), items)
