"""Mistakes in files that people write: each has a place, a cause and a remedy, and all are told.

Causes and remedies are German; a cause says what is there, a remedy what should be.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from aggregator.errors import ConfigError, NotFoundError

MAX_SHOWN = 60  # characters of a wrong value that a message repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One mistake in one file."""

    file: str  # as the user named it
    line: int  # from 1; 1 also for the file as a whole
    cause: str
    remedy: str

    @property
    def where(self) -> str:
        """The place in the form that editors and terminals make a link of."""
        return f"{self.file}:{self.line}"

    def __str__(self) -> str:
        return f"{self.where}: {self.cause} - {self.remedy}"


class InvalidConfigError(ConfigError):
    """A file has mistakes; `mistakes` has them all, in reading order.

    The message lists one mistake a line; `where` is the place of the first.
    """

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__(
            "\n".join(map(str, self.mistakes)),
            where=self.mistakes[0].where,
            remedy="die genannten Stellen berichtigen; es wurde nichts verändert",
        )

    def __str__(self) -> str:
        return self.message

    def document(self) -> dict[str, dict[str, str]]:
        """Return the error document of the contract, with the remedy of the first mistake."""
        document = ConfigError.document(self)
        document["error"]["remedy"] = self.mistakes[0].remedy
        return document


class ConflictError(ConfigError):
    """The file is no longer what the editor saw; the web answers 409."""


class WrongError(ValueError):
    """What a reader of a single value says; `Notes` adds the place."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy


class Notes:
    """Collects the mistakes of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.mistakes: list[Mistake] = []

    def add(self, line: int, cause: str, remedy: str) -> None:
        """Note a mistake in a line."""
        self.mistakes.append(Mistake(file=self.file, line=line, cause=cause, remedy=remedy))

    def raise_any(self) -> None:
        """Raise what was noted.

        Raises:
            InvalidConfigError: Something was noted.
        """
        if self.mistakes:
            raise InvalidConfigError(sorted(self.mistakes, key=lambda m: m.line))


def unknown(
    what: str, name: str, known: Iterable[str], *, where: str, otherwise: str
) -> NotFoundError:
    """Return the error of a name that nothing has.

    Args:
        what: What is looked for, German, with its negated article: "keine Quelle".
        name: As given.
        known: The names that there are.
        where: Where they stand.
        otherwise: The remedy when no known name is like it.
    """
    like = nearest(name, known)
    return NotFoundError(
        f"es gibt {what} {shown(name)}", nearest=(like,) if like else (), where=where,
        remedy=f"gemeint ist wohl „{like}“" if like else otherwise,
    )  # fmt: skip


def shown(text: str) -> str:
    """Return a value as messages quote it: on one line, cut where it is long."""
    line = " ".join(text.split())
    return f"„{line[:MAX_SHOWN]}…“" if len(line) > MAX_SHOWN else f"„{line}“"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that a mistyped one is most like, None when none is close."""
    choices = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), choices, n=1, cutoff=0.6)
    return choices[found[0]] if found else None


def suggestion(word: str, known: Iterable[str], *, most: int = 20) -> str:
    """Return a remedy for an unknown word: the nearest known one, or the choice."""
    names = list(known)
    found = nearest(word, names)
    if found:
        return f"gemeint ist wohl „{found}“"
    if len(names) > most:
        return "die Schreibweise prüfen"
    return f"möglich sind: {', '.join(names)}" if names else "es ist noch keine eingetragen"
