"""`python -m aggregator.replica --port N [--round 2]`: serve the demo platforms alone."""

import argparse
import signal
import sys
from threading import Event

from aggregator.replica.server import CONTROL_HOST, Replica


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m aggregator.replica", description=__doc__)
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--round", type=int, choices=(1, 2), default=1)
    options = parser.parse_args()
    replica = Replica(round=options.round)
    port = replica.start(options.port)
    sys.stdout.write(
        f"AGGREGATOR_ALLOW_PRIVATE=1\nAGGREGATOR_RESOLVE={replica.resolve}\n"
        f"Runde 2: curl -X POST -H 'Host: {CONTROL_HOST}' http://127.0.0.1:{port}/round/2\n"
    )
    sys.stdout.flush()
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    replica.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
