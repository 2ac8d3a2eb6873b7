"""Addresses, keys and dates of publications, as the real systems form them."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from aggregator.replica.stock import pick

BERLIN = ZoneInfo("Europe/Berlin")
_SPELT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "–": "-"}
)
MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip


def slug(text: str, *, words: int = 7) -> str:
    """Return a title as a part of an address."""
    spelt = text.translate(_SPELT).lower()
    return "-".join(re.findall(r"[a-z0-9]+", spelt)[:words])


def name_key(host: str, path: str) -> str:
    """Return the key of a thing that its address alone names (CONTRACT: the canonical address)."""
    return f"https://{host.removeprefix('www.')}{path}"


def spread(seed: str, place: int, count: int, first: date, last: date) -> date:
    """Return the day of publication number `place` of `count` between two days."""
    days = (last - first).days
    step = days / max(count, 1)
    return first + timedelta(days=int(step * place) + pick(seed, max(int(step), 1)))


def at_work(day: date, seed: str) -> datetime:
    """Return an instant within the office hours of a day."""
    minutes = 8 * 60 + pick(f"{seed}hour", 9 * 60)
    local = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=BERLIN)
    return local.astimezone(UTC)


def stamped(at: datetime) -> str:
    """Return an instant as RFC 3339 in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def later(day: date, seed: str, *, within: int = 40) -> str:
    """Return when something of that day was last touched, before the first round."""
    at = at_work(day, seed) + timedelta(days=pick(f"{seed}touched", within))
    return stamped(min(at, datetime(2026, 11, 20, 9, tzinfo=UTC)))


def german(day: str) -> str:
    """Return a day (or the Berlin day of an instant) as dd.mm.yyyy."""
    on = local_day(day)
    return f"{on.day:02}.{on.month:02}.{on.year}"


def written(day: str) -> str:
    """Return a day with the name of its month."""
    on = local_day(day)
    return f"{on.day}. {MONTHS[on.month - 1]} {on.year}"


def local_day(at: str) -> date:
    """Return the day in Berlin of a day or an instant."""
    if len(at) == 10:
        return date.fromisoformat(at)
    return datetime.fromisoformat(at).astimezone(BERLIN).date()
