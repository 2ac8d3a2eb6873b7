"""The two languages of the interface: messages, numbers and dates. German first.

Messages are data (`messages/de.json`, `messages/en.json`, same keys). A message with a count is a
pair of `one` and `other`; `{name}` stands for a value, numbers are written as the language does.
Times are shown in Berlin; a day without a time stays a day.
"""

import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask, Response, g, request

from aggregator.clock import instant

LANGUAGES = ("de", "en")
COOKIE = "lang"
COOKIE_DAYS = 365
BERLIN = ZoneInfo("Europe/Berlin")
MESSAGES = Path(__file__).parent / "messages"
MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "en": "January February March April May June July August September October November December",
}


def init_app(app: Flask) -> None:
    """Choose the language of each request and teach it to the templates."""
    app.before_request(_choose)
    app.after_request(_remember)
    for function in (t, both, known, number, day, moment, short, size):
        app.add_template_global(function)


def _choose() -> None:
    asked = request.args.get("lang") or request.cookies.get(COOKIE)
    g.lang = asked if asked in LANGUAGES else LANGUAGES[0]
    asked = request.args.get("shortcuts") or request.cookies.get("shortcuts")
    g.shortcuts = "off" if asked == "off" else "on"


def _remember(response: Response) -> Response:
    """Keep what was chosen by a parameter; cookies are set only on such a choice."""
    for name, allowed in ((COOKIE, LANGUAGES), ("shortcuts", ("on", "off"))):
        if (value := request.args.get(name)) in allowed:
            response.set_cookie(
                name, str(value), max_age=COOKIE_DAYS * 86400, httponly=True, samesite="Lax",
                secure=request.is_secure, path=request.script_root or "/",
            )  # fmt: skip
    if response.mimetype == "text/html":
        response.vary.add("Cookie")
        response.headers.setdefault("Content-Language", language())
    return response


def language() -> str:
    """Return the language of this request."""
    return str(g.get("lang", LANGUAGES[0]))


@cache
def messages(lang: str) -> dict[str, str | dict[str, str]]:
    """Return all messages of a language."""
    told: dict[str, str | dict[str, str]] = json.loads(
        (MESSAGES / f"{lang}.json").read_text("utf-8")
    )
    return told


def t(key: str, /, **values: object) -> str:
    """Return a message.

    Args:
        key: Its name in the catalogue; a missing one is a bug and raises KeyError.
        values: For its places; `n` also chooses between one and many.
    """
    told = messages(language())[key]
    if isinstance(told, dict):
        told = told["one" if values.get("n") == 1 else "other"]
    written = {
        name: number(value) if isinstance(value, int | float) else value
        for name, value in values.items()
    }
    return told.format(**written)


def both(german: str, english: str) -> str:
    """Return that of two texts which is in the language of the page.

    For screens of admins and moderators, whose words stand on one page alone: there they are read
    beside what they label.
    """
    return english if language() == "en" else german


def known(key: str, default: str) -> str:
    """Return a message if there is one, for words that come from data (topics, codes)."""
    told = messages(language()).get(key, default)
    return told if isinstance(told, str) else default


def number(value: float) -> str:
    """Write a number: 1.234 or 1,234."""
    told = f"{value:,}"
    return told if language() == "en" else told.translate(str.maketrans(",.", ".,"))


def size(count: int) -> str:
    """Write a number of bytes for people."""
    units = ("B", "KiB", "MiB", "GiB")
    value, unit = float(count), 0
    while value >= 1024 and unit < len(units) - 1:
        value, unit = value / 1024, unit + 1
    return f"{number(round(value) if value >= 10 or unit == 0 else round(value, 1))} {units[unit]}"


def _local(at: str) -> date:
    """Return a stored time in Berlin; a mere day stays one."""
    return instant(at).astimezone(BERLIN) if "T" in at else date.fromisoformat(at)


def day_of(at: str) -> str:
    """Return the day in Berlin as a parameter of a query: 2026-11-24."""
    return _local(at).strftime("%Y-%m-%d")


def day(at: str) -> str:
    """Write the day: 20. November 2026."""
    local = _local(at)
    month = MONTHS[language()].split()[local.month - 1]
    dot = "." if language() == "de" else ""
    return f"{local.day}{dot} {month} {local.year}"


def moment(at: str) -> str:
    """Write day and, where it is known, time: 20. November 2026, 08:15 Uhr."""
    local = _local(at)
    if not isinstance(local, datetime):
        return day(at)
    return f"{day(at)}, {local:%H:%M}" + (" Uhr" if language() == "de" else "")


def short(at: str) -> str:
    """Write the day in digits: 20.11.2026."""
    return f"{_local(at):{'%d.%m.%Y' if language() == 'de' else '%d %b %Y'}}"
