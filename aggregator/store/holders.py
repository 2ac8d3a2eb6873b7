"""Who holds a lease: names of processes that tell whether their process still lives.

A name is boot, pid namespace, pid and start time, since pids are used again. Leases are agreements
between processes, whose simulated clocks need not agree: they run on the real one (`CLOCK`).
"""

import os
from functools import cache
from pathlib import Path

from aggregator.clock import SystemClock

CLOCK = SystemClock()
_UNKNOWN = "unknown"  # the boot of a system without /proc


def me() -> str:
    """Return the name of this process in leases."""
    return _named(os.getpid())


def is_dead(holder: str) -> bool:
    """Whether the process behind a name has ended for sure.

    Processes that share a database share a machine (its write-ahead log lives in memory), so those
    of another boot are dead. Of another pid namespace, and without /proc, we cannot know.
    """
    boot, _, rest = holder.partition("/")
    here, _, own = _place().partition("/")
    if boot != here:
        return _UNKNOWN not in (boot, here)
    space, _, process = rest.partition("/")
    pid, _, started = process.partition("/")
    if here == _UNKNOWN or space != own or not pid.isdigit():
        return False
    return _started(int(pid)) != started


@cache
def _named(pid: int) -> str:
    return f"{_place()}/{pid}/{_started(pid)}"


@cache
def _place() -> str:
    """Return where pids mean the same processes: this boot, this pid namespace."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return f"{_UNKNOWN}/{os.uname().nodename}"


def _started(pid: int) -> str:
    """Return the start time of a process in clock ticks since boot, "" when it is dead."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    state, *fields = stat.rpartition(")")[2].split()  # proc(5); the name may hold anything
    return "" if state in "ZX" else fields[18]
