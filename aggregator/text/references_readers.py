"""What a match of a reference pattern means: its key, or nothing.

Some forms say all by themselves; of others the sentence decides: whose paper "Drucksache 6/6515"
is, whether "Beschluss 2018/36" is the IT-Planungsrat's, whether a number is a court's.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache

from aggregator.text import sentences

Found = tuple[str, int, int]  # key, start, end
_REACH = 400  # code points on either side in which a sentence tells what a number is

# --- what stands around a match ---------------------------------------------------------------


def _sentence(match: re.Match[str]) -> tuple[str, int]:
    """Return the sentence of a match and the offset of the match in it."""
    ends = _sentence_ends(match.string)
    before = bisect_right(ends, match.start())
    start = max(ends[before - 1] if before else 0, match.start() - _REACH)
    behind = bisect_left(ends, match.end())
    end = min(ends[behind] if behind < len(ends) else len(match.string), match.end() + _REACH)
    return match.string[start:end], match.start() - start


@lru_cache(maxsize=2)
def _sentence_ends(text: str) -> list[int]:
    """Return where the sentences of a context end; its references are read one after the other."""
    return sentences.ends(text)


def _each(match: re.Match[str], group: str, number: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Yield the numbers of a list such as "2020/39, 2021/12 und 2022/02" within a match."""
    return number.finditer(match.string, match.start(group), match.end(group))


def listed(number: str) -> str:
    """Return the expression of one number or of a list of up to 20."""
    return rf"{number}(?:(?:\s?,\s?|\s?und\s|\s?sowie\s|\s?bis\s|\s?/\s){number}){{0,19}}"


def _spans(
    start: int, match: re.Match[str], found: list[tuple[str, re.Match[str]]]
) -> Iterator[Found]:
    """Yield keys with spans; the outer ones take in the words around the numbers."""
    for place, (key, number) in enumerate(found):
        first = start if place == 0 else number.start()
        last = match.end() if place == len(found) - 1 else number.end()
        yield key, first, last


# --- IT-Planungsrat ---------------------------------------------------------------------------

COUNCIL = r"IT[-\s‑]?(?:Planungsrat(?:e?s)?|PLR)"
_COUNCIL_RE = re.compile(COUNCIL)
_INTEGER = re.compile(r"\d{1,3}")
_DECISION = re.compile(r"(20[0-3]\d)[/-](\d{1,3})")
_BEFORE_DECISION = re.compile(
    rf"(?:(?P<own>{COUNCIL}),?[-\s:–]{{0,3}}(?:mit\s|zum\s|laut\s)?"
    r"|(?P<other>[A-ZÄÖÜ]\w{2,30})-|(?P<joined>\w))$"
)
_BODY = re.compile(
    rf"{COUNCIL}|MPK|Gemeinderat|Stadtrat|Kreistag|Kabinett|Bundestag|Bundesrat|Landtag|"
    r"[Kk]onferenz|[Aa]usschuss"
)
_OTHER_BODY = re.compile(r"\s(?:der|des|dieser|unserer)\s(?!\d{1,3}\.\sSitzung|IT-P)")


def decisions(match: re.Match[str]) -> Iterator[Found]:
    """Read decisions; another body's, or one without the council in its sentence, is none."""
    text, start = match.string, match.start()
    before = _BEFORE_DECISION.search(text, max(0, start - 40), start)
    if before and before["own"]:
        start = before.start()
    elif before or (not match["behind"] and not _is_of_council(match)):
        return
    numbers = list(_each(match, "numbers", _DECISION))
    yield from _spans(start, match, [(f"itplr:{n[1]}/{int(n[2]):02d}", n) for n in numbers])


def council_sessions(match: re.Match[str]) -> Iterator[Found]:
    """Read sessions: named, or "in seiner 46. Sitzung" with the council in the sentence."""
    if match["own"] or match["before"] or _is_of_council(match):
        numbers = [(str(int(n[0])), n) for n in _each(match, "numbers", _INTEGER)]
        yield from _spans(match.start(), match, numbers)


def _is_of_council(match: re.Match[str]) -> bool:
    """Whether the sentence names the council, and no other body nearer before the match."""
    if _OTHER_BODY.match(match.string, match.end()):
        return False
    sentence, at = _sentence(match)
    bodies = _BODY.findall(sentence[:at]) or _BODY.findall(sentence[at:])
    return bool(bodies) and _COUNCIL_RE.match(bodies[-1]) is not None


# --- printed papers ---------------------------------------------------------------------------

_PAPER = re.compile(r"(\d{1,3})/(\d{1,5})(?!\d)")
_LAND_STEMS = {
    "baden-württemberg": "bw", "bayer": "by", "berlin": "be", "brandenburg": "bb", "brem": "hb",
    "hamburg": "hh", "hess": "he", "mecklenburg": "mv", "niedersächs": "ni", "niedersachs": "ni",
    "nordrhein": "nw", "nrw": "nw", "rheinland": "rp", "rheinland-pfälz": "rp", "saarl": "sl",
    "sachsen-anhalt": "st", "sächs": "sn", "sachsen": "sn", "schleswig": "sh", "thüring": "th",
}  # fmt: skip
_STEMS = "|".join(sorted(_LAND_STEMS, key=len, reverse=True))
# The search for a parliament begins with its first letter, what stands around it is read then.
_PARLIAMENT = re.compile(
    r"(?P<bt>Bundestag(?:e?s)?(?!\w)|BT(?!\w))|(?P<br>Bundesrat(?:e?s)?(?!\w)|BR(?!\w))"
    r"|[LlB](?:andtag|ürgerschaft|T(?!\w))|Abgeordnetenhaus"
)
_LAND_BEFORE = re.compile(rf"(?<!\w)({_STEMS})[\w-]{{0,16}}[\s-]$", re.IGNORECASE)
_LAND_BEHIND = re.compile(
    r"\w{0,3}[\s(-]{1,2}(?:(?:von|des|der|in|im)\s)?"
    rf"(?:(?:Landes|Freistaat(?:e?s)?|Freien|und|Hansestadt)\s){{0,4}}({_STEMS})",
    re.IGNORECASE,
)
_LAND = re.compile(rf"(?<!\w)({_STEMS})", re.IGNORECASE)
_EXPLICIT = {"bt": "bt", "bundestag": "bt", "br": "br", "bundesrat": "br"}


def papers(match: re.Match[str]) -> Iterator[Found]:
    """Read printed papers; numbers that end in a year belong to municipal councils."""
    numbers = [n for n in _each(match, "numbers", _PAPER) if not _is_municipal(n)]
    body = _body_of_paper(match)
    yield from _spans(match.start(), match, [(f"{body}:{n[1]}/{n[2]}", n) for n in numbers])


def _is_municipal(number: re.Match[str]) -> bool:
    return bool(re.fullmatch(r"(?:19|20)\d\d", number[2])) and int(number[1]) > 21


def _body_of_paper(match: re.Match[str]) -> str:
    """Return the code of the parliament whose paper it is, "?" where nobody says."""
    named = (match["body"] or "").casefold().rstrip("s-").rstrip("e")
    if named in _EXPLICIT:
        return _EXPLICIT[named]
    sentence, at = _sentence(match)
    if land := _LAND.match((match["land"] or "").strip()):
        return _LAND_STEMS[land[1].casefold()]
    landtag = named.startswith(("landtag", "lt"))
    found = [
        (one.start(), code)
        for one in _PARLIAMENT.finditer(sentence)
        if (code := _parliament(one)) and not (landtag and code in {"bt", "br"})
    ]
    if not found and landtag:
        found = [(one.start(), _LAND_STEMS[one[1].casefold()]) for one in _LAND.finditer(sentence)]
    return _nearest(found, at, at + len(match[0])) if found else "?"


def _nearest(found: list[tuple[int, str]], start: int, end: int) -> str:
    """Return the code directly behind a span, else the closest before it, else the first."""
    behind = [code for place, code in found if end <= place <= end + 6]
    before = [code for place, code in found if place < start]
    return (behind or before[-1:] or [found[0][1]])[0]


def _parliament(match: re.Match[str]) -> str | None:
    """Return the code of a parliament, None where its Land is not named."""
    if match["bt"] or match["br"]:
        return "bt" if match["bt"] else "br"
    text, start = match.string, match.start()
    land = _LAND_BEFORE.search(text, max(0, start - 40), start)
    land = land or _LAND_BEHIND.match(text, match.end())
    if land:
        return _LAND_STEMS[land[1].casefold()]
    return "be" if match[0] == "Abgeordnetenhaus" else None


# --- law gazette and EU -----------------------------------------------------------------------

_PARTS = {"I": "1", "II": "2", "III": "3"}
_NUMBERED_SINCE = 2023
_DATE = r"vom\s\d{1,2}\.\s?(?:\w{3,9}|\d{1,2}\.)\s?((?:19|20)\d\d)"
_DATED = re.compile(rf"\b{_DATE}[\s,(–-]{{0,4}}$")
_DATED_BEHIND = re.compile(rf"\s{_DATE}")


def gazette(match: re.Match[str]) -> Iterator[Found]:
    """Read the Bundesgesetzblatt; the year may stand in the date of the act before it."""
    groups = match.groupdict()
    part = _PARTS[groups["part"].upper()]
    year = groups.get("year") or groups.get("year_behind")
    if year is None:
        before = _DATED.search(match.string, max(0, match.start() - 40), match.start())
        dated = before or _DATED_BEHIND.match(match.string, match.end())
        year = dated[1] if dated else None
    number, page = groups.get("number"), groups.get("page")
    if number and year and (int(year) >= _NUMBERED_SINCE or not page):
        yield f"bgbl-{part}/{year}/{number}", match.start(), match.end()
    elif page:
        yield f"bgbl-{part}:{year or '?'}:{page}", match.start(), match.end()


def gazette_address(match: re.Match[str]) -> Iterator[Found]:
    """Read the address of an announcement since 2023."""
    yield f"bgbl-{match[1]}/{match[2]}/{int(match[3])}", match.start(), match.end()


_ACT_WORD = re.compile(
    r"(?<![\w-])[\w-]{0,40}(?:[Vv]erordnung|[Rr]ichtlinie|[Bb]eschluss|[Ee]ntscheidung|VO|RL)"
    r"(?:en|es|n)?\s$"
)


def act(match: re.Match[str]) -> Iterator[Found]:
    """Read an EU act with the word before it; the community's name is part of its key."""
    text, start = match.string, match.start()
    word = _ACT_WORD.search(text, max(0, start - 45), start)
    community = match["community"].split(",")[0]
    key = f"({community}) {match['number'].replace(' ', '')}"
    yield key, word.start() if word else start, match.end()


# --- catalogues and keys ----------------------------------------------------------------------


def digits(match: re.Match[str]) -> Iterator[Found]:
    """Read one key of digits, written with or without blanks."""
    yield re.sub(r"\D", "", match["key"]), match.start(), match.end()


_FIVE = re.compile(r"(?<!\d)1\d{4}(?!\d)")
_AGS = re.compile(r"(?<!\d)\d{2}\s?\d\s?\d{2}\s?\d{3}(?!\d)")


def bundles(match: re.Match[str]) -> Iterator[Found]:
    """Read the numbers of OZG services."""
    yield from _spans(match.start(), match, [(n[0], n) for n in _each(match, "numbers", _FIVE)])


def municipalities(match: re.Match[str]) -> Iterator[Found]:
    """Read municipal keys; the first two digits name one of 16 Länder."""
    found = [(re.sub(r"\s", "", n[0]), n) for n in _each(match, "numbers", _AGS)]
    yield from _spans(
        match.start(), match, [(key, n) for key, n in found if "01" <= key[:2] <= "16"]
    )


def schema(match: re.Match[str]) -> Iterator[Found]:
    """Read a FIM schema, field or group with its version, however it is put on."""
    version = match["v"] or match["u"] or match["s"] or match["w"]
    key = match["id"].upper() + (f"V{version}" if version else "")
    yield key, match.start(), match.end()


def editorial(match: re.Match[str]) -> Iterator[Found]:
    """Read the key of a FIM editorial text."""
    yield f"{match[1]}/{match[2]}", match.start(), match.end()


def as_written(match: re.Match[str]) -> Iterator[Found]:
    """Read what is its own key."""
    yield " ".join(match[0].split()), match.start(), match.end()


# --- courts -----------------------------------------------------------------------------------

_COURT_WORD = re.compile(
    r"[Gg]ericht|[Gg]erichtshof|Az\.|Aktenzeichen|Urteil|Beschl|Senat|Kammer|entschied|Revision|"
    r"Rechtssache|Rechtsprechung|Entscheidung|Klage|Verfahren|Rs\.|"
    r"(?<!\w)(?:BGH|BVerfG|BVerwG|BSG|BAG|BFH|EuGH|EuG|EGMR|OLG|LG|AG|VG|OVG|VGH|SG|LSG|FG|KG|ArbG|"
    r"LAG|StGH|VerfGH)(?!\w)"
)
# Registers that no other system of numbers uses.
_OWN_REGISTER = re.compile(r"Bv[A-Z]|ZR|ZB|StR|AZR|ABR|ECLI")


def file_number(match: re.Match[str]) -> Iterator[Found]:
    """Read a court's file number where its register or its sentence speaks of a court."""
    if _OWN_REGISTER.search(match[0]) or _COURT_WORD.search(_sentence(match)[0]):
        yield " ".join(match[0].split()), match.start(), match.end()
