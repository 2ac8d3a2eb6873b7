"""Dates as publishers write them -> one form, or None; never a guess of "now".

Reads RFC 822/5322 and its many misspellings, ISO 8601, RFC 850, asctime and German dates with
the standard library; whatever else people write goes to dateparser, which is loaded only then.
A date without a time stays a day (`YYYY-MM-DD`); a time without a zone is in the zone given.
A date of which the day is not known ("März 2024") is no date, since the day would be made up.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aggregator.clock import instant, stamp

EARLIEST = date(1990, 1, 1)  # before the first web site: an epoch, a typing error or a default
AHEAD = timedelta(days=2)  # clocks that go wrong and zones; more is no publication
MAX_LENGTH = 120  # characters; longer strings are prose

_BERLIN = ZoneInfo("Europe/Berlin")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar jänner jaenner january", "feb februar feber february",
            "mar mär mrz mrä märz maerz march", "apr april", "mai may", "jun juni june",
            "jul juli july", "aug august", "sep sept september", "okt oct oktober october",
            "nov november", "dez dec dezember december",
        ), start=1)
    for name in names.split()
}  # fmt: skip
# Offsets in hours. RFC 5322 4.3 and what German publishers write; MEZ and MESZ are CET and CEST.
_ZONES = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "wet": 0, "west": 1, "bst": 1,
    "cet": 1, "met": 1, "mez": 1, "cest": 2, "mest": 2, "mesz": 2, "eet": 2, "eest": 3, "msk": 3,
    "et": -5, "est": -5, "edt": -4, "ct": -6, "cst": -6, "cdt": -5, "mt": -7, "mst": -7,
    "mdt": -6, "pt": -8, "pst": -8, "pdt": -7, "jst": 9, "kst": 9,
}  # fmt: skip

_TIME = (
    r"(?:[T,;]?\s*(?:um\s+|\|\s*|[-–]\s+)?(?P<hour>\d{1,2})[:.](?P<minute>\d{2})"
    r"(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?(?:\s*Uhr)?"
    r"(?:\s*(?P<zone>[A-Za-z][A-Za-z/_]*\s?[+-]\d[\d:]*|[A-Za-z][A-Za-z/_]*|[+-]\d[\d:]*))?)?"
)
_WEEKDAY = r"(?:[^\W\d_]{2,10}(?:\.,?\s*|,\s*|\s+))?"
_FORMS = tuple(
    re.compile(_WEEKDAY + form + _TIME + r"\s*\.?")
    for form in (
        r"(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?!\d)",
        r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4}|\d{2})(?!\d)",
        r"(?P<day>\d{1,2})\.?(?:st|nd|rd|th)?[\s-]*(?P<name>[^\W\d_]{3,9})\.?,?[\s-]*(?P<year>\d{4}|\d{2})(?!\d)",
        r"(?P<name>[^\W\d_]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})",
    )
)
_COMPACT = re.compile(r"(\d{8})T?(\d{2})(\d{2})(\d{2})(.*)")
_ASCTIME = re.compile(
    r"(?P<head>[^\W\d_]{2,10},?\s+[^\W\d_]{3,9}\s+\d{1,2}),?\s+"
    r"(?P<time>\d{1,2}:\d{2}(?::\d{2})?(?:\s+[A-Z]{2,4})?)\s+(?P<year>\d{4})"
)
_OFFSET = re.compile(r"(?:[A-Za-z/_]*\s?)?([+-])(\d{1,2}):?(\d{2})?")
# The forms of nearly all feeds (RFC 5322, RFC 3339), read in a fifth of the time of the others.
_MAIL = re.compile(
    r"[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9:]{8}) "
    r"(?:GMT|([+-][0-9]{2})([0-9]{2}))"
)
_NET = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_MAIL_MONTHS = {
    "Jan": "01", "Feb": "02", "Mar": "03", "Apr": "04", "May": "05", "Jun": "06",
    "Jul": "07", "Aug": "08", "Sep": "09", "Oct": "10", "Nov": "11", "Dec": "12",
}  # fmt: skip
_FOREIGN = re.compile(r"[^\W\d_A-Za-zÀ-ɏ]")  # letters of other scripts; dateparser guesses then
# Whether it is worth asking dateparser: a number, and a word or two more numbers.
_PLAUSIBLE = re.compile(r"\d.*(?:[^\W\d_]{3}|\d+\D+\d)|[^\W\d_]{3}.*\d")


@lru_cache(maxsize=512)  # the dates of an entry are often one and the same
def parse(
    text: str, *, zone: str = "Europe/Berlin", now: str, ahead: timedelta = AHEAD
) -> str | None:
    """Read a date.

    Args:
        text: The date alone, not the sentence around it.
        zone: IANA name of the zone of times that name none.
        now: The present (RFC 3339), or "" when it is not known: then nothing is too late.
        ahead: How far after `now` a date may lie: events take place in the future.

    Returns:
        RFC 3339 in UTC with Z, or `YYYY-MM-DD`; None when unreadable, before 1990 or too late.
    """
    text = " ".join(text.split())
    if not text or len(text) > MAX_LENGTH:
        return None
    try:
        found = _plain(text) or _read(text, zone)
        if found is None:
            found = _last_resort(text, zone)
        return None if found is None else _bounded(found, now, ahead)
    except (ValueError, OverflowError):
        return None  # 30 February, 25 o'clock, the year 9999: to guess on would make a date up


def sort_key(at: str) -> str:
    """Return the instant by which a date sorts: a day counts as noon in Berlin (RFC 3339, Z)."""
    if "T" in at:
        return at
    return stamp(datetime.combine(date.fromisoformat(at), time(12), _BERLIN))


def _plain(text: str) -> datetime | None:
    """Read a date of a mail or of the net; None: another form, or what `_read` is to judge."""
    if mail := _MAIL.fullmatch(text):
        day, name, year, clock, hours, minutes = mail.groups()
        month = _MAIL_MONTHS.get(name)
        text = f"{year}-{month}-{day}T{clock}{hours or '+00'}:{minutes or '00'}"
    elif not _NET.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _read(text: str, zone: str) -> date | datetime | None:
    """Read the known forms; a day, an aware instant or None.

    Raises:
        ValueError: The form is known, but there is no such day or hour.
    """
    if compact := _COMPACT.fullmatch(text):
        day, hour, minute, second, rest = compact.groups()
        text = f"{day[:4]}-{day[4:6]}-{day[6:]}T{hour}:{minute}:{second}{rest}"
    elif asctime := _ASCTIME.fullmatch(text):
        text = f"{asctime['head']} {asctime['year']} {asctime['time']}"
    for form in _FORMS:
        if match := form.fullmatch(text):
            return _moment(match.groupdict(), zone)
    return None


def _moment(parts: dict[str, str | None], zone: str) -> date | datetime:
    """Put a match together.

    Raises:
        ValueError: There is no such day, month, hour or zone.
    """
    name = parts.get("name")
    month = _month(name) if name else int(parts["month"] or 0)
    day = date(_year(parts["year"] or ""), month, int(parts["day"] or 0))
    if parts["hour"] is None:
        return day
    hour = int(parts["hour"])
    if half := parts["half"]:
        hour = hour % 12 + (12 if half in "Pp" else 0)
    midnight = hour == 24  # ISO 8601: the end of the day
    second = min(int(parts["second"] or 0), 59)  # 60: a leap second
    clock = time(0 if midnight else hour, int(parts["minute"] or 0), second)
    at = datetime.combine(day, clock, _zone(parts["zone"] or zone))
    return at + timedelta(days=1) if midnight else at


def _month(name: str) -> int:
    name = name.lower()
    number = _MONTHS.get(name) or _MONTHS.get(name[:3] if name.isascii() and len(name) == 4 else "")
    if number is None:
        raise ValueError(f"no month: {name!r}")
    return number


def _year(digits: str) -> int:
    """Read a year; two digits by the rule of RFC 5322 4.3 moved to our bounds."""
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (1900 if year >= EARLIEST.year % 100 else 2000)


@cache
def _zone(name: str) -> tzinfo:
    """Return a zone by offset, abbreviation or IANA name.

    An unknown abbreviation says nothing and counts as UTC (RFC 5322 4.3).

    Raises:
        ValueError: The offset is a day or more.
    """
    if offset := _OFFSET.fullmatch(name):
        sign, hours, minutes = offset.groups()
        shift = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(-shift if sign == "-" else shift)
    if (fixed := _ZONES.get(name.lower())) is not None:
        return timezone(timedelta(hours=fixed))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _bounded(found: date | datetime, now: str, ahead: timedelta) -> str | None:
    """Write a date in our form unless it is absurd."""
    if isinstance(found, datetime):
        try:
            found = found.astimezone(UTC)
        except OverflowError:
            return None
        text, day = stamp(found), found.date()
    else:
        text, day = found.isoformat(), found
    if day < EARLIEST:
        return None
    if now and sort_key(text) > _latest(now, ahead):
        return None
    return text


@lru_cache(maxsize=16)
def _latest(now: str, ahead: timedelta) -> str:
    return stamp(instant(now) + ahead)


def _stands_in(at: datetime, text: str) -> bool:
    """Whether day and year are written there; dateparser completes what it cannot read."""
    without_time = re.sub(r"\d+(?::\d+)+", "", text)
    numbers = {int(digits) for digits in re.findall(r"\d{1,4}", without_time)}
    return at.day in numbers and not numbers.isdisjoint((at.year, at.year % 100))


def _last_resort(text: str, zone: str) -> date | datetime | None:
    """Ask dateparser (2.6 ms a date, 0.4 s to load) about whatever else people write."""
    if not _PLAUSIBLE.search(text) or _FOREIGN.search(text):
        return None
    from dateparser.date import DateDataParser

    parser = DateDataParser(
        languages=["de", "en"],
        settings={
            "DATE_ORDER": "DMY",
            "REQUIRE_PARTS": ["day", "month", "year"],
            "RETURN_AS_TIMEZONE_AWARE": True,
            "TIMEZONE": zone,
            "PARSERS": ["absolute-time"],
        },
    )
    try:
        at = parser.get_date_data(text).date_obj
    except (ValueError, OverflowError):
        return None
    if at is None or not _stands_in(at, text):
        return None
    return at if re.search(r"\d[:.h]\d\d\b(?![.\d])|Uhr", text) else at.date()
