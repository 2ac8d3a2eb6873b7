"""Whether a feed is read by the fast path or by feedparser; one answer for the process.

The fast path is watched: the first document of each shape (the set of its elements) and one of
`CHECK_EVERY` after that are read both ways. A difference is a bug of ours; then feedparser's result
counts, and the source is read by feedparser alone for as long as the process lives.
"""

import logging
from collections.abc import Hashable

log = logging.getLogger(__name__)
CHECK_EVERY = 100
MAX_SHAPES = 1000


class _Current:
    wanted = True
    read = 0
    shapes: set[Hashable] = set()  # noqa: RUF012 (one for the process)
    distrusted: set[str] = set()  # noqa: RUF012 (one for the process)


def prefer(*, wanted: bool) -> None:
    """Let plain feeds be read without feedparser, or all of them with it, in this process."""
    _Current.wanted = wanted
    _Current.read = 0
    _Current.shapes.clear()
    _Current.distrusted.clear()


def allows_fast(source: str) -> bool:
    """Whether the feed of a source may be read without feedparser."""
    return _Current.wanted and source not in _Current.distrusted


def is_to_be_checked(shape: Hashable) -> bool:
    """Whether a document that was read fast is to be read by feedparser too; counts it."""
    _Current.read += 1
    is_new = shape not in _Current.shapes and len(_Current.shapes) < MAX_SHAPES
    if is_new:
        _Current.shapes.add(shape)
    return is_new or _Current.read % CHECK_EVERY == 0


def distrust(source: str) -> None:
    """Read a source by feedparser alone from now on: the two differed."""
    _Current.distrusted.add(source)
    log.warning(
        "Quelle %s: der schnelle Feed-Leser weicht von feedparser ab; er bleibt für sie aus. Bitte "
        "den Feed als Fehler melden, oder fast_feeds = false setzen", source,
    )  # fmt: skip
