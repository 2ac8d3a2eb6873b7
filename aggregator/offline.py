"""Are we offline, or is the source down? Asked when nothing at all came back over the network.

One host that answers proves that the network is there, so the silent ones are down and their
failures count. When none did, hosts that answered in the last days are asked for their robots.txt,
by the same way (proxy, guard, turns) as everything else, at most `PROBES` of them: any answer, an
error too, proves the network; silence proves that it is we who are cut off. In an installation that
knows no such host yet, several silent hosts at once are taken for our own fault, a single one for
its own.
"""

import sqlite3
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from aggregator import store
from aggregator.clock import stamp
from aggregator.errors import FetchError
from aggregator.fetch.client import Fetcher
from aggregator.model import Code, Exchange, Request

PROBES = 2
KNOWN_SINCE = timedelta(days=7)
SILENCE = (Code.OFFLINE, Code.TOO_SLOW)


def judge_silence(
    db: sqlite3.Connection,
    fetcher: Fetcher,
    taken: Callable[[], tuple[Exchange, ...]],
    silent: Collection[str],
    *,
    now: datetime,
) -> bool:
    """Return whether we are offline, when every host that was asked stayed silent.

    Args:
        db: The connection.
        fetcher: As for everything else; its exchanges are kept in the record, without a run.
        taken: Returns the exchanges of this thread since its last call.
        silent: The hosts that did not answer.
        now: The instant.
    """
    exchanges: list[Exchange] = []
    asked = heard = False
    for place in store.runs.answering(db, stamp(now - KNOWN_SINCE), silent, PROBES):
        try:
            fetcher.get(Request(url=f"{place}/robots.txt"))
        except FetchError as error:  # a name that is not resolved shows in no exchange
            asked = asked or (error.code in SILENCE and error.retry_after is None)
        exchanges += taken()
        heard = any(exchange.status or exchange.code not in SILENCE for exchange in exchanges)
        if heard:
            break
    with store.transaction(db):
        store.runs.log_requests(db, None, exchanges)
    if not (asked or exchanges):  # nobody to ask
        return len(silent) > 1
    return not heard
