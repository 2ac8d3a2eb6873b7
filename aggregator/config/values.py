"""Single values of configuration files: text in, value out, or a `WrongError` with its remedy."""

import re
from datetime import timedelta
from functools import cache, lru_cache
from urllib.parse import urlsplit

from aggregator.config.mistakes import WrongError, nearest, shown

MAX_SHORT_NAME = 14  # characters; labels in the link matrix have no more room
MAX_DURATION = timedelta(days=36_500)

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
DURATION_PATTERN = r"^[0-9]+[smhd]$"
MONTH_PATTERN = r"^[0-9]{4}-(0[1-9]|1[0-2])$"
LANGUAGE_PATTERN = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_HOST = re.compile(r"(?!-)[^\s\x00-\x20/?#@\\<>\"{}|^`%,;!$'()*+=&]{1,253}\Z")


def some_text(text: str) -> str:
    """Return a text that says something."""
    if not text.strip():
        raise WrongError("der Text ist leer", "einen Text eintragen oder die Zeile entfernen")
    return text.strip()


def identifier(text: str) -> str:
    """Return an id of a platform or source."""
    if not re.match(ID_PATTERN, text):
        raise WrongError(
            f"{shown(text)} ist keine Kennung",
            "Buchstaben ohne Umlaute, Ziffern und - _ . verwenden, höchstens 64 Zeichen",
        )
    return text


def short_name(text: str) -> str:
    """Return a label of at most 14 characters."""
    name = some_text(text)
    if len(name) > MAX_SHORT_NAME:
        raise WrongError(
            f"{shown(name)} hat {len(name)} Zeichen", f"auf {MAX_SHORT_NAME} Zeichen kürzen"
        )
    return name


def duration(text: str) -> timedelta:
    """Return a duration such as `30m`, `2h` or `7d`."""
    remedy = "Zahl und Einheit s, m, h oder d eintragen, etwa 30m, 2h, 7d"
    if not re.match(DURATION_PATTERN, text):
        raise WrongError(f"{shown(text)} ist keine Dauer", remedy)
    try:
        length = timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
    except (OverflowError, ValueError):  # more digits than `int` or `timedelta` take
        length = MAX_DURATION + timedelta(days=1)
    if length > MAX_DURATION:
        raise WrongError(f"{shown(text)} ist länger als hundert Jahre", remedy)
    return length


def positive_duration(text: str) -> timedelta:
    """Return a duration that is not zero."""
    length = duration(text)
    if not length:
        raise WrongError(f"{shown(text)} ist keine Dauer über null", "etwa 10m eintragen")
    return length


def interval(text: str) -> timedelta | None:
    """Return a fixed interval, or None for `adaptive`."""
    if text == "adaptive":
        return None
    try:
        return positive_duration(text)
    except WrongError as error:
        raise WrongError(error.cause, "adaptive oder eine Dauer wie 30m, 2h, 7d") from error


def address(text: str) -> str:
    """Return an absolute http or https address without credentials."""
    remedy = "die vollständige Adresse mit https:// eintragen"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise WrongError(f"{shown(text)} ist keine Adresse", remedy) from error
    if parts.scheme not in ("http", "https"):
        raise WrongError(f"{shown(text)} beginnt nicht mit http:// oder https://", remedy)
    if not _HOST.match(host) or re.search(r"[\s\x00-\x1f]", text):
        raise WrongError(f"{shown(text)} ist keine Adresse", remedy)
    if parts.username is not None:
        raise WrongError(
            "Zugangsdaten stehen in der Adresse",
            "sie entfernen; was hinter einer Anmeldung liegt, wird nicht abgerufen",
        )
    return text


def url_filter(text: str) -> str:
    """Return a substring of path?query, or a pattern after `re:` that compiles."""
    if not text or text == "re:":
        raise WrongError("der Filter ist leer und träfe jede Adresse", "ihn entfernen")
    if text.startswith("re:"):
        try:
            re.compile(text[3:])
        except re.error as error:
            raise WrongError(
                f"{shown(text)} ist kein regulärer Ausdruck ({error})",
                "den Ausdruck berichtigen oder „re:“ weglassen, um wörtlich zu suchen",
            ) from error
    return text


def month(text: str) -> str:
    """Return a month as YYYY-MM."""
    if not re.match(MONTH_PATTERN, text):
        raise WrongError(f"{shown(text)} ist kein Monat", "Jahr und Monat eintragen, etwa 2025-05")
    return text


@cache
def timezone(text: str) -> str:
    """Return the name of a time zone that this machine knows."""
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(text)
    except (OSError, ValueError) as error:  # ZoneInfoNotFoundError is a KeyError below
        raise WrongError(f"{shown(text)} ist keine Zeitzone", _ZONE_REMEDY) from error
    except KeyError as error:
        like = nearest(text, available_timezones())
        remedy = f"gemeint ist wohl „{like}“" if like else _ZONE_REMEDY
        raise WrongError(f"die Zeitzone {shown(text)} gibt es nicht", remedy) from error
    return text


_ZONE_REMEDY = "einen Namen wie Europe/Berlin eintragen"


def language(text: str) -> str:
    """Return a language tag (BCP 47)."""
    if not re.match(LANGUAGE_PATTERN, text):
        raise WrongError(f"{shown(text)} ist keine Sprache", "ein Kürzel wie de oder en eintragen")
    return text


@lru_cache(maxsize=1024)
def selector(text: str) -> str:
    """Return a CSS selector that compiles."""
    import soupsieve

    try:
        soupsieve.compile(text)
    except soupsieve.SelectorSyntaxError as error:
        raise WrongError(
            f"{shown(text)} ist kein CSS-Selektor", "den Selektor berichtigen, etwa „div.teaser a“"
        ) from error
    return text
