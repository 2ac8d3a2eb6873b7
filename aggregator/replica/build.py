"""`python -m aggregator.replica.build`: write `truth.json` anew from the tables of the replica."""

import json
from pathlib import Path

from aggregator.replica import truth

TRUTH = Path(__file__).with_name("truth.json")


def text() -> str:
    """Return the file's content: one item or link a line, so that differences can be read."""
    return json.dumps(truth.document(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    TRUTH.write_text(text(), encoding="utf-8")
