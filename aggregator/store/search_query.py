"""The parameters of a search by the names of the contract: read, checked, written as an address."""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode
from zoneinfo import ZoneInfo

from aggregator.clock import stamp
from aggregator.errors import QueryError
from aggregator.model import ItemKind, Level

BERLIN = ZoneInfo("Europe/Berlin")
CURSOR = re.compile(r"\d{4}-\d{2}-\d{2}[0-9TZ:]*~[a-z0-9]{12}")  # instant and id
SORTS = ("relevance", "date", "linked", "seen")  # seen: what we saw last comes first
LISTS = ("platform", "source", "level", "kind", "topic", "ref")
_MARK = "0.mark.0"  # stands for a value in an address until it is known; none of ours is so
MOST, USUAL, LAST_PAGE = 100, 20, 50
SHOWN = 60  # code points of a value that a message repeats
_DAY = re.compile(r"(?P<y>[0-9]{4})(?:-(?P<m>[0-9]{2})(?:-(?P<d>[0-9]{2}))?)?")
_GERMAN_DAY = re.compile(r"(?:(?:(?P<d>[0-9]{1,2})\.)?(?P<m>[0-9]{1,2})\.)(?P<y>[0-9]{4})")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """What is asked: repeated values are or within a field, and across fields."""

    text: str = ""
    platform: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    ref: tuple[str, ...] = ()  # a key ("itplr:2018/36"), or as written ("§ 1a OZG")
    since: str | None = None  # a day, inclusive, in Berlin
    until: str | None = None
    sort: str = "relevance"
    bundle: bool = True  # same content as one hit
    limit: int = USUAL
    page: int = 1
    cursor: str | None = None

    @classmethod
    def read(cls, given: Mapping[str, Sequence[str]]) -> "SearchQuery":
        """Read parameters as they stand in an address; unknown ones are left alone.

        Raises:
            QueryError: A value is none that the parameter may have.
        """
        given = {name: [_clean(value) for value in values] for name, values in given.items()}
        one = {name: values[-1] for name, values in given.items() if values and values[-1]}
        lists = {name: tuple(dict.fromkeys(v for v in given.get(name, ()) if v)) for name in LISTS}
        query = cls(
            text=one.get("q", ""), **lists,
            since=_day_of("since", one), until=_day_of("until", one),
            sort=one.get("sort", SORTS[0]), bundle=_flag(one.get("bundle", "1")),
            limit=number(one, "limit", USUAL, MOST), page=number(one, "page", 1, LAST_PAGE),
            cursor=one.get("cursor"),
        )  # fmt: skip
        query.check()
        return query

    def check(self) -> None:
        """Check what may stand in the fields.

        Raises:
            QueryError: A value is none that the field may have.
        """
        _allowed("sort", [self.sort], SORTS)
        _allowed("kind", self.kind, [str(kind) for kind in ItemKind])
        _allowed("level", self.level, [str(level) for level in Level])
        if self.cursor is not None and not CURSOR.fullmatch(self.cursor):
            raise QueryError(
                "der Seitenzeiger ist nicht lesbar", where="cursor", remedy="die Suche neu beginnen"
            )
        self.instants()

    def with_fields(self, fields: Mapping[str, tuple[str, ...]]) -> "SearchQuery":
        """Add the fields that were named in the query itself.

        Raises:
            QueryError: A value is none that the field may have.
        """
        added: dict[str, Any] = {
            name: (*getattr(self, name), *values)
            for name, values in fields.items()
            if name in LISTS
        }
        days = [name for name in ("since", "until") if name in fields]
        added |= {name: day(name, fields[name][-1]) for name in days}
        query = replace(self, **added)
        query.check()
        return query

    def instants(self) -> tuple[str, str]:
        """Return since and until as instants, the second exclusive."""
        low = day_begins("since", self.since, 0) if self.since else ""
        return low, day_begins("until", self.until, 1) if self.until else "~"

    def parameters(self) -> list[tuple[str, str]]:
        """Return the parameters of an address that asks this; usual values are left out."""
        told = [("q", self.text)] if self.text else []
        told += [(name, value) for name in LISTS for value in getattr(self, name)]
        told += [(name, value) for name in ("since", "until") if (value := getattr(self, name))]
        usual = SearchQuery()
        told += [
            (name, str(int(value)) if isinstance(value, bool) else str(value))
            for name in ("sort", "bundle", "limit", "page", "cursor")
            if (value := getattr(self, name)) != getattr(usual, name)
        ]
        return told

    def url(self, base: str, **changes: Any) -> str:
        """Return the address of this search with some fields changed."""
        told = urlencode(replace(self, **changes).parameters())
        return f"{base}?{told}" if told else base

    def toggled(self, base: str, name: str, value: str) -> str:
        """Return the address that adds or takes away a facet's value, from the first page."""
        return self.toggles(base, name)(value)

    def toggles(self, base: str, name: str) -> Callable[[str], str]:
        """Return what `toggled` returns for the values of a facet; what they share is told once."""
        first = replace(self, page=1, cursor=None)
        if name == "year":
            without = replace(first, since=None, until=None)
            days = "since={0}-01-01&until={0}-12-31"
            told = without.url(base, since=f"{_MARK}-01-01", until=f"{_MARK}-12-31")
            begin, _, end = told.partition(days.format(_MARK))
            return lambda value: (
                without.url(base) if self.year == value
                else f"{begin}{days.format(value)}{end}"
            )  # fmt: skip
        held = getattr(self, name)
        marked = first.url(base, **{name: (_MARK,)})
        before, _, after = marked.partition(f"{name}={_MARK}")
        before += f"{urlencode([(name, one) for one in held])}&" if held else ""

        def toggle(value: str) -> str:
            if value in held:
                return first.url(base, **{name: tuple(v for v in held if v != value)})
            return f"{before}{name}={quote_plus(value)}{after}"

        return toggle

    @property
    def year(self) -> str | None:
        """The year that since and until make up, if they do."""
        year = (self.since or "")[:4]
        whole = (f"{year}-01-01", f"{year}-12-31")
        return year if (self.since, self.until) == whole else None


def _allowed(name: str, values: Sequence[str], known: Sequence[str]) -> None:
    for value in values:
        if value not in known:
            raise QueryError(
                f"„{shown(value)}“ gibt es nicht",
                where=name,
                remedy="erlaubt sind " + ", ".join(known),
            )


def _flag(told: str) -> bool:
    if told not in ("0", "1"):
        raise QueryError(
            f"„{shown(told)}“ ist weder 0 noch 1", where="bundle", remedy="0 oder 1 angeben"
        )
    return told == "1"


def number(given: Mapping[str, str], name: str, usual: int, most: int) -> int:
    """Return a whole number from 1 on.

    Raises:
        QueryError: It is none, or more than `most`.
    """
    told = given.get(name)
    if not told:
        return usual
    if not (told.isascii() and told.isdigit() and 1 <= int(told[:9]) <= most):
        raise QueryError(
            f"„{shown(told)}“ ist keine Zahl von 1 bis {most}", where=name,
            remedy=f"eine ganze Zahl von 1 bis {most} angeben",
        )  # fmt: skip
    return int(told)


def _day_of(name: str, given: Mapping[str, str]) -> str | None:
    return day(name, given[name]) if name in given else None


def day(name: str, told: str) -> str:
    """Return the day that a date means: the first or, for `until`, the last of a month or year.

    Args:
        name: since or until.
        told: 2026-11-24, 24.11.2026, 2026-11, 11.2026 or 2026.

    Raises:
        QueryError: It is none of these.
    """
    found = _DAY.fullmatch(told.strip()) or _GERMAN_DAY.fullmatch(told.strip())
    year = int(found["y"]) if found else 0
    month = int((found and found["m"]) or (12 if name == "until" else 1))
    if not found or not year or not 1 <= month <= 12:
        raise QueryError(
            f"„{shown(told)}“ ist kein Tag", where=name,
            remedy="in der Form 2026-11-24, 24.11.2026, 2026-11 oder 2026 angeben",
        )  # fmt: skip
    last = monthrange(year, month)[1]
    number = int(found["d"] or (last if name == "until" else 1))
    return f"{year:04}-{month:02}-{number:02}"


def shown(told: str) -> str:
    """Return a value as messages repeat it: on one line, cut where it is long."""
    line = " ".join(told.split())
    return f"{line[:SHOWN]}…" if len(line) > SHOWN else line


def _clean(told: str) -> str:
    """Return a value that can be written again: half of a character becomes a mark."""
    return told.encode("utf-8", "replace").decode("utf-8")


def day_begins(name: str, told: str, later: int) -> str:
    """Return the instant at which a day begins in Berlin, or one `later` days after it.

    Raises:
        QueryError: It is no date that `day` reads, or at an end of the calendar.
    """
    try:
        begin = date.fromisoformat(day(name, told)) + timedelta(days=later)
        return stamp(datetime.combine(begin, time(), BERLIN))
    except (ValueError, OverflowError) as error:
        raise QueryError(
            f"„{shown(told)}“ ist kein Tag", where=name, remedy="in der Form 2026-11-24 angeben"
        ) from error
