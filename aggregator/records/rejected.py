"""A record that could not be used."""

from dataclasses import dataclass

from aggregator.model import Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Why a record could not be used; `line` counts from 1, 0: the reader of the file knows."""

    line: int
    code: Code
    message: str
