"""A process that reads bodies for another one, under limits; started by `workers`, not by people.

It begins as a program of its own and not as a fork: whoever reads feeds has threads, locks and open
databases, none of which may be copied. It ends when its standard input does, so nothing is left
behind by a parent that was killed. What hangs or takes all memory ends this process alone.
"""

import gc
import os
import resource
import signal
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aggregator import parse, reading, urls, wire
from aggregator.errors import AggregatorError, ParseError
from aggregator.model import Code

CALLER_FD, ANSWER_FD = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one body may cost; the most expensive honest feeds take 4 s and 250 MB."""

    cpu_s: float = 8.0
    deadline_s: float = 30.0  # by the clock; the parent's to watch
    memory_bytes: int = 512 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What holds in the parent and must hold here."""

    url_rules: Mapping[str, Sequence[Mapping[str, Any]]]
    fast_feeds: bool
    limits: Limits


class BugError(RuntimeError):
    """An exception that nobody meant, with its traceback for the log of the parent."""


def main() -> None:
    """Read bodies until there are no more."""
    answers = os.dup(ANSWER_FD)
    os.dup2(2, ANSWER_FD)  # whatever a library prints must not end up between the answers
    setup: Setup = wire.receive(CALLER_FD)
    _prepare(setup)
    wire.send(answers, None)
    try:
        while True:
            wire.send(answers, _answer(wire.receive(CALLER_FD), setup.limits.cpu_s))
    except (EOFError, BrokenPipeError):
        return


def _bound(memory_bytes: int) -> None:
    """Bound the memory of this process for good; a limit that is lower already stays."""
    for kind, most in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, bound))


def _prepare(setup: Setup) -> None:
    _bound(setup.limits.memory_bytes)
    urls.install(setup.url_rules)
    parse.prefer_fast_feeds(wanted=setup.fast_feeds)
    gc.collect()
    gc.freeze()  # what is loaded stays; it need not be looked through again and again


def _answer(job: reading.Job, cpu_s: float) -> reading.Understood | AggregatorError | BugError:
    """Understand a body within the limit on CPU time, which ends this process (SIGPROF)."""
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    try:
        return wire.sealed(reading.understand(job), job.platform)
    except AggregatorError as error:
        return error
    except MemoryError:
        return ParseError("Das Dokument braucht mehr Speicher als erlaubt",
                          code=Code.DOCUMENT_REFUSED, where=job.answer.final_url)  # fmt: skip
    except Exception:  # noqa: BLE001 (a bug is told to the parent, whose log it belongs to)
        return BugError(traceback.format_exc())
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
