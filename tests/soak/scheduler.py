"""The service `schedule` in a process of its own whose clock is set from outside.

    python -m tests.soak.scheduler DATA SOURCES NOW

It is `aggregator.schedule.run` as it is; each line on standard input is the instant that it is by
now. Waiting for a host moves the clock as everywhere.
"""

import sys
import threading
from datetime import timedelta
from pathlib import Path

from aggregator import schedule
from aggregator.clock import SimulatedClock, instant

EVERY = timedelta(seconds=0.5)


def main(data: str, sources: str, now: str) -> int:
    clock = SimulatedClock(instant(now))

    def listen() -> None:
        for line in sys.stdin:
            clock.wait_until(instant(line.strip()))

    threading.Thread(target=listen, daemon=True).start()
    database = Path(data) / "querverweis.sqlite3"
    return schedule.run(database, Path(sources), Path(data), clock, EVERY)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
