"""Trying sources on the live path from a process that must not crawl: the web application.

Each trial is the command line itself (`sources test`, `sources discover`) in a process of its own:
nothing is stored, and time, memory and number are bounded from outside, so that no page of a
stranger can hold up or fill the web application.
"""

import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aggregator.errors import AggregatorError
from aggregator.model import Code

LONGEST_S = 60.0
CPU_S = 40
MEMORY_BYTES = 2 << 30  # address space: what is mapped counts, too
AT_ONCE = 2
_SECRET_WORDS = ("PASSWORD", "SECRET", "TOKEN")

_slots = threading.BoundedSemaphore(AT_ONCE)


class TrialError(AggregatorError):
    """A trial could not be made; what a source answers is a result, not an error."""

    code = Code.TOO_SLOW


def try_source(data: Path, files: Mapping[Path, bytes], source: str) -> dict[str, Any]:
    """Read a source as a run would, by a list that need not be saved.

    Args:
        data: Folder of the settings.
        files: The files of the list as they would be; the first is the main file.
        source: Which of its sources.

    Returns:
        The document of `sources test --json`.

    Raises:
        TrialError: It took too long or too much, or too many are under way.
    """
    main = next(iter(files))
    with TemporaryDirectory(prefix="querverweis-trial-") as place:
        for file, body in files.items():
            copy = Path(place) / file.relative_to(main.parent)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(body)
        words = ["--data", str(data), "--sources", str(Path(place) / main.name)]
        return _run([*words, "sources", "test", source, "--json"])


def discover(data: Path, sources: Path, url: str) -> dict[str, Any]:
    """Look what an address offers to a crawler.

    Returns:
        The document of `sources discover --json`.

    Raises:
        TrialError: As `try_source`.
    """
    words = ["--data", str(data), "--sources", str(sources)]
    return _run([*words, "sources", "discover", "--json", "--", url])


def _run(words: Sequence[str]) -> dict[str, Any]:
    if not _slots.acquire(blocking=False):
        raise TrialError("es laufen schon so viele Proben, wie zugleich erlaubt sind",
                         remedy="in einer Minute wiederholen")  # fmt: skip
    try:
        return _read(_output(words))
    finally:
        _slots.release()


def _output(words: Sequence[str]) -> str:
    environment = {name: value for name, value in os.environ.items()
                   if not any(word in name for word in _SECRET_WORDS)}  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "aggregator", *words], env=environment, text=True, encoding="utf-8",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with process:
        try:
            _bound(process.pid)
            told, _ = process.communicate(timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise TrialError(f"die Probe dauerte länger als {LONGEST_S:.0f} Sekunden",
                             remedy="die Adresse prüfen, oder auf der Kommandozeile testen: "
                                    "aggregator sources test") from None  # fmt: skip
    return told


def _bound(pid: int) -> None:
    """Limit a process; one that has ended already needs no limit."""
    try:
        resource.prlimit(pid, resource.RLIMIT_CPU, (CPU_S, CPU_S))
        resource.prlimit(pid, resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    except ProcessLookupError:
        return


def _read(told: str) -> dict[str, Any]:
    """Return the document that was printed, also where it tells of a mistake."""
    try:
        found: dict[str, Any] = json.loads(told.rstrip("\n").rpartition("\n")[2])
    except ValueError as error:
        raise TrialError(
            "die Probe ist abgebrochen: sie brauchte zu viel Speicher oder Rechenzeit",
            remedy="eine kleinere Adresse derselben Quelle versuchen",
        ) from error
    return found
