"""What a source usually says, learnt from the readings that were believed. Pure.

A source that declares nothing is still held to its own past: how many entries its document names,
how many of them have a title, a date, a text, and how long it is ever silent. What it declares
wins; what was suspect is never learnt from; a person can accept the new normal (`sources accept`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from aggregator import dates
from aggregator.clock import instant
from aggregator.errors import ParseError
from aggregator.model import Code, Entry, Parsed, Source, SourceKind
from aggregator.sealed import Sealed

READINGS = 20  # remembered for each source
ENOUGH = 3  # readings from which something is usual
MANY = 4  # entries: of fewer, nothing is concluded
ALWAYS, SELDOM = 0.9, 0.5  # share of entries with a field: what it was each time, and is now
NEWS = 5  # new entries seen arriving, from which a rhythm is known
PATIENCE = 4  # times the longest silence so far
LEAST_SILENCE = timedelta(days=60)  # holidays, elections, a change of staff
FIELDS = {"titled": "Titel", "dated": "Datum", "texted": "Text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the document of a source looked once: its entries, and how many of them had what."""

    at: str
    entries: int
    titled: int
    dated: int
    texted: int

    def share(self, field: str) -> float:
        """Return the share of entries that have a field (a key of `FIELDS`)."""
        return float(getattr(self, field)) / self.entries if self.entries else 0.0


def measure(parsed: Parsed, now: str) -> Reading:
    """Return what is remembered of a document."""
    entries = parsed.entries
    noted = entries.noted if isinstance(entries, Sealed) else shares(entries)
    titled, dated, texted = noted
    return Reading(at=now, entries=len(entries), titled=titled, dated=dated, texted=texted)


def shares(entries: Sequence[Entry]) -> tuple[int, int, int]:
    """Count the entries with a title, with a date, with a text."""
    return (
        sum(bool(entry.title) for entry in entries),
        sum(entry.published is not None for entry in entries),
        sum(bool(entry.text or entry.summary) for entry in entries),
    )


def check(source: Source, reading: Reading, past: Sequence[Reading], *, leads_on: bool) -> None:
    """Refuse a document that is far from what its source usually says.

    Args:
        source: Its declared expectations win.
        reading: Of the document.
        past: Earlier readings that were believed, oldest first.
        leads_on: Further pages name more entries.

    Raises:
        ParseError: It is not to be believed; code and message say why.
    """
    if len(past) < ENOUGH:
        return
    # The lower quartile: a source that breathes has been small before.
    usual = sorted(each.entries for each in past)[len(past) // 4]
    declared = source.expect.min_entries is not None
    if not declared and not leads_on and usual >= MANY and 2 * reading.entries < usual:
        raise ParseError(
            f"nur {reading.entries} Einträge, sonst sind es mindestens {usual}",
            code=Code.MASS_VANISH,
        )
    if reading.entries < MANY:
        return
    for field, name in FIELDS.items():
        least = min(each.share(field) for each in past)
        if least >= ALWAYS and reading.share(field) < SELDOM:
            lacking = reading.entries - getattr(reading, field)
            is_list = source.kind is SourceKind.LISTING
            raise ParseError(
                f"{lacking} von {reading.entries} Einträgen ohne {name}, sonst haben ihn fast alle",
                code=Code.SELECTOR_EMPTY if is_list else Code.EMPTY,
            )


def longest_silence(published: Sequence[str], since: str) -> timedelta | None:
    """Return how long a source may bring nothing new before that is suspicious.

    Only what arrived while we watched counts: an archive that was silent from the start, or whose
    dates are all old, is no source that fell silent.

    Args:
        published: When its newest entries were published.
        since: The instant from which it is watched.

    Returns:
        None when too little has arrived to know a rhythm.
    """
    keys = {dates.sort_key(at) for at in published}
    news = sorted(instant(key) for key in keys if key > since)
    if len(news) < NEWS:
        return None
    longest = max(later - earlier for earlier, later in pairwise(news))
    return max(PATIENCE * longest, LEAST_SILENCE)
