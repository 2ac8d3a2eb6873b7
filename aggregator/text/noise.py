"""What changes in a text without anybody having edited it: counters, clocks, relative times.

For comparing alone: the text itself is stored and shown as published. A pattern takes only what a
machine writes; a number in a sentence ("das Portal zählt 12.000 Zugriffe am Tag") is content.
"""

import re

from aggregator.text.blanks import one_line

_DIGIT = re.compile(r"\d")
_NUMBER = r"\d[\d.\u00a0\u202f ]{0,12}"
_COUNTED = (
    r"(?:Seiten)?[Aa]ufrufe?|Zugriffe?|Ansichten|Leser|Klicks?|[Vv]iews?|[Hh]its|[Ll]ikes"
    r"|Kommentare?|[Cc]omments?|[Mm]al (?:gelesen|aufgerufen|angesehen|geteilt)"
    r"|×\s?(?:gelesen|aufgerufen)"
)
# Where no sentence can lead to it. Written as a look back from the first digit, since a search that
# begins with a digit skips the rest of a text fifty times quicker.
_FIRST = r"\d(?:(?<=^\d)|(?<=[|·•(/]\s\d)|(?<=[|·•(/]\d)|(?<=, \d))[\d.\u00a0\u202f ]{0,12}"
_AFTER = r"(?=\s*(?:$|[|·•)/,.;]))"
_CLOCK = r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?"
_DAY = (
    r"(?:[A-Z][a-z]+,? (?:der |den )?)?"
    r"(?:\d{1,2}\.\s?(?:\d{1,2}\.|[A-Z][a-zä]+)\s?(?:\d{4}|\d\d)?)"
)
_PERIODS = r"(?:Sekunden?|Minuten?|Stunden?|Tag(?:en)?|Wochen?|Monat(?:en)?|Jahr(?:en)?)"
# What a text must have for a pattern to match: a character (0: any digit), and one of the words;
# looking for them is fifty times quicker. Then the pattern.
_NOISE = tuple(
    (needed, hints, re.compile(pattern, re.MULTILINE))
    for needed, hints, pattern in (
        (
            "0",
            (
                "ufruf",
                "ugriff",
                "nsichten",
                "Leser",
                "lick",
                "iew",
                "its",
                "ike",
                "omment",
                "mal ",
                "elesen",
            ),
            rf"{_FIRST}\s?(?:{_COUNTED}){_AFTER}",
        ),
        (
            ":",
            (
                "ufrufe:",
                "ugriffe:",
                "nsichten:",
                "iews:",
                "its:",
                "ikes:",
                "omment",
                "elesen:",
                "esucher",
                "ähler",
            ),
            rf"\b(?:{_COUNTED}|Gelesen|Besucher(?:zähler)?|Zähler)\s?:\s?{_NUMBER}{_AFTER}",
        ),
        ("", ("vor ",), rf"\bvor (?:\d{{1,3}}|einer|einem|wenigen) {_PERIODS}\b"),
        (
            "",
            (" ago",),
            r"\b(?:\d{1,3}|an?) (?:second|minute|hour|day|week|month|year)s? ago\b",
        ),
        ("0", ("Stand",), rf"\bStand:? (?:{_DAY},? )?{_CLOCK} Uhr\b"),
        (
            "0",
            ("Es ist", "Uhrzeit"),
            rf"\b(?:Es ist (?:jetzt )?|(?:Aktuelle )?Uhrzeit:? ){_CLOCK}(?: Uhr)?",
        ),
        ("0", ("Heute ist",), rf"\bHeute ist (?:[A-Z][a-z]+, )?(?:der )?{_DAY}"),
        (
            "0",
            ("bgerufen am", "rzeugt am", "eneriert am", "usgegeben am"),
            rf"\b(?:[Aa]bgerufen|[Ee]rzeugt|[Gg]eneriert|[Aa]usgegeben) am {_DAY}"
            rf"(?:,? (?:um )?{_CLOCK}(?: Uhr)?)?",
        ),
        (
            "",
            ("rzeugt in", "eneriert in", "enerated in"),
            r"\b(?:[Ee]rzeugt|[Gg]eneriert|[Gg]enerated) in [\d.,]+ ?(?:ms|s\b|Sekunden|seconds)",
        ),
        ("0", (":",), rf"^(?:{_DAY},? )?\d{{1,2}}:\d\d:\d\d(?: Uhr)?$"),
        (
            "=",
            ("sessionid=", "SESSIONID=", "SESSID=", "sessid=", "sid="),
            r"[;?&](?:jsessionid|JSESSIONID|PHPSESSID|phpsessid|sid)=[\w.-]{8,}",
        ),
    )
)


def settled(text: str) -> str:
    """Return a text without what changes by itself, on one line: equal for noise-only changes.

    Idempotent; a text without noise keeps all of its words.
    """
    has_digit = _has_digit(text)
    for needed, hints, pattern in _NOISE:
        if has_digit if needed == "0" else needed in text:
            for hint in hints:
                if hint in text:
                    text = pattern.sub("", text)
                    break
    return one_line(text)


def _has_digit(text: str) -> bool:
    """Whether a text has a digit of any script; Latin-1 has no others than ours."""
    for digit in "0123456789":
        if digit in text:
            return True
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return _DIGIT.search(text) is not None
    return False
