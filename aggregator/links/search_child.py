"""A process that reads texts for search, by order of its parent.

    python -m aggregator.links.search_child

It is started anew and not forked, since its parent may have threads and open databases; it touches
neither network nor database. It gets a dictionary with the counts of an epoch, then batches of
(title, body), and answers each with a list; what is exchanged are pickles between a parent and a
child of the same program. It ends when its input does, so it cannot outlive its parent.
"""

import gc
import os
import pickle
import signal
import sys

from aggregator.links.searched import Dictionary, Reader


def main() -> int:
    """Answer until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the parent, which ends this
    gc.disable()  # reading makes no cycles, and looking for some costs a tenth of the time
    orders = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not get between the answers
    try:
        dictionary, counts = pickle.load(orders)  # noqa: S301 (from the parent)
        if not isinstance(dictionary, Dictionary):
            raise TypeError(f"no dictionary: {type(dictionary)}")
        reader = Reader(dictionary, counts, counts)
        while True:
            texts = pickle.load(orders)  # noqa: S301 (from the parent)
            pickle.dump([reader.read(title, body) for title, body in texts], answers, 5)
            answers.flush()
    except (EOFError, BrokenPipeError):
        return 0


if __name__ == "__main__":
    sys.exit(main())
