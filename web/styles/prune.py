"""Removes custom properties that nothing uses from a bundle of CSS: `prune.py IN OUT`."""

import re
import sys
from functools import partial
from pathlib import Path

DECLARATION = re.compile(r"(?<=[{;])\s*(--kern-[\w-]+)\s*:[^;{}]*(;|(?=\}))")


def prune(css: str) -> str:
    """Return the bundle without unused `--kern-*` tokens, comments and empty rules.

    A token that only another unused token used goes with it, hence the fixed point. Comments that
    begin with `/*!` carry licences and stay.
    """
    css = re.sub(r"/\*(?!!).*?\*/", "", css, flags=re.DOTALL)
    while True:
        used = set(re.findall(r"var\(\s*(--[\w-]+)", css))
        unused = {name for name, _ in DECLARATION.findall(css)} - used
        if not unused:
            break
        css = DECLARATION.sub(partial(_without, unused), css)
    css = re.sub(r"[^{}]+\{\s*\}", "", css)
    return re.sub(r"\s*\n\s*", "\n", css).strip() + "\n"


def _without(names: set[str], declaration: re.Match[str]) -> str:
    return "" if declaration[1] in names else declaration[0]


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(prune(Path(sys.argv[1]).read_text("utf-8")), "utf-8")
