"""Fetching what completes a body: the later posts of a thread, the lists of a project."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from aggregator.errors import RefusedError, StatusError
from aggregator.model import Code, Fetched, Request, Role, Source

if TYPE_CHECKING:
    from aggregator.fetch.client import Fetcher

CLOSED = (401, 403, 404, 410)
MAX_MORE = 50  # a thread of a thousand posts in slices of twenty
FetchMore = Callable[[str], bytes]


def more_of(fetcher: "Fetcher", source: Source) -> FetchMore:
    """Return how the rest of a page is fetched for a source."""

    def fetch_more(url: str) -> bytes:
        try:
            answer = fetcher.get(Request(url=url, role=Role.DETAIL, min_delay=source.delay))
        except (StatusError, RefusedError) as error:
            if error.status not in CLOSED and error.code is not Code.ROBOTS_DENIED:
                raise
            return b""  # refused or absent: the parser says what it makes of that
        return answer.body if isinstance(answer, Fetched) else b""

    return fetch_more
