"""The source list in the hands of admins: planned, looked at, saved with its earlier states kept.

The file is the truth. Whatever is saved here was planned on a state that the admin saw, is refused
when that is no longer the state of the file, and leaves both states behind in the database.
"""

import difflib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aggregator.config import catalogue as lists
from aggregator.config import edit
from aggregator.config.edit import Plan, Planner
from aggregator.model import Catalogue
from aggregator.store import audit, catalogue, list_versions
from aggregator.store.connection import transaction

CONTEXT = 3  # lines around a change


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a difference; `kind` is one of  + - = @."""

    kind: str
    text: str
    old: int | None = None  # line numbers, from 1
    new: int | None = None


def difference(before: bytes, after: bytes) -> list[Line]:
    """Return what would change in a file, with a few lines around; empty when nothing does."""
    old, new = _lines(before), _lines(after)
    first = _alike(old, new)  # long lists differ in a few lines: only those are compared
    last = _alike(old[first:][::-1], new[first:][::-1])
    start = max(0, first - CONTEXT)
    old = old[start : len(old) - max(0, last - CONTEXT)]
    new = new[start : len(new) - max(0, last - CONTEXT)]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    told: list[Line] = []
    for group in matcher.get_grouped_opcodes(CONTEXT):
        told.append(Line(kind="@", text=f"Zeile {start + group[0][1] + 1}"))
        for tag, a, b, c, d in group:
            if tag == "equal":
                told += [Line(kind="=", text=old[n], old=start + n + 1, new=start + n + c - a + 1)
                         for n in range(a, b)]  # fmt: skip
                continue
            told += [Line(kind="-", text=old[n], old=start + n + 1) for n in range(a, b)]
            told += [Line(kind="+", text=new[n], new=start + n + 1) for n in range(c, d)]
    return told


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many lines at the beginning are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _lines(body: bytes) -> list[str]:
    return body.decode("utf-8", "replace").split("\n")


def name_of(path: Path, file: Path) -> str:
    """Return how a file of the list is called beside the main one."""
    return str(file.relative_to(path.parent))


def file_named(path: Path, name: str) -> Path:
    """Return the file of the list that is called so; others are none (no path leads out).

    Raises:
        NotFoundError: There is no such file in the list.
        InvalidConfigError: A file cannot be read.
    """
    from aggregator.config.mistakes import unknown

    files = {name_of(path, file): file for file in lists.read_files(path)}
    if name not in files:
        raise unknown("keine Datei der Quellenliste", name, files, where=name,
                      otherwise="aggregator sources check")  # fmt: skip
    return files[name]


def planned_files(path: Path, plan: Plan) -> dict[Path, bytes]:
    """Return all files of the list as they would be."""
    return {**lists.read_files(path), plan.file: plan.after}


def save(
    db: sqlite3.Connection, path: Path, planner: Planner, *, seen: str, by: str, why: str, now: str
) -> Catalogue:
    """Make a change, keep the state before and after it, and mirror the list.

    Args:
        db: A connection that may write.
        path: `sources.yaml`.
        planner: What to change.
        seen: The checksum of the list on which the admin decided.
        by: Who.
        why: What was done, for the log: `edit amt-feed`.
        now: The instant.

    Raises:
        InvalidConfigError: The list would not be valid; nothing was written.
        ConflictError: The list has changed since; nothing was written.
        ConfigError: The file cannot be written.
    """
    plans: list[Plan] = []

    def remembered(files: edit.Files) -> Plan:
        plans.append(planner(files))
        return plans[-1]

    saved = edit.save(path, remembered, expected_checksum=seen)
    plan = plans[-1]
    file = name_of(path, plan.file)
    with transaction(db):
        list_versions.keep(db, file, plan.before, by="", why="", at=now)
        list_versions.keep(db, file, plan.after, by=by, why=why, at=now)
        audit.note(db, by, "sources", now, why, {"file": file})
    catalogue.mirror(db, saved)
    return saved


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """One key of a source in three hands."""

    key: str
    base: object  # when the editor opened it
    theirs: object  # now
    mine: object  # as the editor wants it

    @property
    def collides(self) -> bool:
        """Whether both changed it, and differently."""
        return self.theirs not in (self.base, self.mine) and self.mine != self.base


def clashes(
    base: dict[str, object], theirs: dict[str, object], mine: dict[str, object]
) -> Sequence[Clash]:
    """Compare three states of a source key by key; equal ones are left out."""
    keys = dict.fromkeys((*base, *theirs, *mine))
    told = [Clash(key=key, base=base.get(key), theirs=theirs.get(key), mine=mine.get(key))
            for key in keys]  # fmt: skip
    return [clash for clash in told if not clash.base == clash.theirs == clash.mine]
