"""The patterns of administrative references, one row for each form; law citations are in `norms`.

A pattern has triggers (plain strings, one of which must stand in the text before its expression is
run: that is what makes ordinary text cheap), an expression, and a reader that turns a match into
keys, or into nothing where the words around it say that it is something else. Kinds and keys:

    itplr          itplr:2018/36            decisions of the IT-Planungsrat
    itplr_session  46                       its sessions
    drs            bt:19/27426, ?:18/4455   printed papers; "?" where no body is named
    bgbl           bgbl-1:2017:3122 (page, until 2022), bgbl-1/2024/245 (number, since 2023)
    eu             (EU) 2018/1724           acts of the EU
    leika          99107023011000           services; fim, fim_ed, ozg_id: schemas, texts, bundles
    ags, ars       05570044                 keys of municipalities, only next to their word
    xoev           the URN                  standards and code lists
    ecli, court    as written               decisions of courts

All expressions are linear in the text: every repetition is bounded or over disjoint characters.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aggregator.text import sentences
from aggregator.text.laws import LAND_CODES

Found = tuple[str, int, int]  # key, start, end
Reader = Callable[[re.Match[str]], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One form of one kind of reference."""

    kind: str
    triggers: tuple[str, ...]
    expression: re.Pattern[str]
    read: Reader


# --- what stands around a match ---------------------------------------------------------------


def _sentence(match: re.Match[str]) -> tuple[str, int]:
    """Return the sentence of a match and the offset of the match in it."""
    start, end = sentences.span_at(match.string, match.start(), match.end())
    return match.string[start:end], match.start() - start


def _each(match: re.Match[str], group: str, number: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Yield the numbers of a list such as "2020/39, 2021/12 und 2022/02" within a match."""
    return number.finditer(match.string, match.start(group), match.end(group))


def _listed(number: str) -> str:
    """Return the expression of one number or of a list of up to 20."""
    return rf"{number}(?:(?:\s?,\s?|\s?und\s|\s?sowie\s|\s?bis\s|\s?/\s){number}){{0,19}}"


def _spans(match: re.Match[str], found: list[tuple[str, re.Match[str]]]) -> Iterator[Found]:
    """Yield keys with spans; the outer ones take in the words around the numbers."""
    for place, (key, number) in enumerate(found):
        start = match.start() if place == 0 else number.start()
        end = match.end() if place == len(found) - 1 else number.end()
        yield key, start, end


# --- IT-Planungsrat ---------------------------------------------------------------------------

_COUNCIL = r"IT[-\s‑]?(?:Planungsrat(?:e?s)?|PLR)"
_COUNCIL_RE = re.compile(_COUNCIL)
_DECISION = re.compile(r"(20[0-3]\d)[/-](\d{1,3})")
_OTHER_BODY = re.compile(r"\s(?:der|des|dieser|unserer)\s(?!\d{1,3}\.\sSitzung|IT-P)")


def _decisions(match: re.Match[str]) -> Iterator[Found]:
    """Read decisions; another body's, or one without the council in its sentence, is none."""
    sentence, at = _sentence(match)
    own = match["own"] or match["behind"]
    if not own:
        if match["other"] or _OTHER_BODY.match(match.string, match.end()):
            return
        if not _COUNCIL_RE.search(sentence):
            return
        # "Der Gemeinderat nahm Beschluss 2018/36 des IT-Planungsrats": the nearest body counts.
        before = _BODY.findall(sentence[:at])
        if before and not _COUNCIL_RE.match(before[-1]) and not _COUNCIL_RE.search(sentence[at:]):
            return
    numbers = list(_each(match, "numbers", _DECISION))
    yield from _spans(match, [(f"itplr:{n[1]}/{int(n[2]):02d}", n) for n in numbers])


_BODY = re.compile(
    rf"{_COUNCIL}|Ministerpräsident\w*konferenz|MPK|Gemeinderat|Stadtrat|Kreistag|Kabinett|"
    r"Bundestag|Bundesrat|Landtag|\w*[Kk]onferenz|\w*ausschuss"
)


def _council_sessions(match: re.Match[str]) -> Iterator[Found]:
    """Read sessions: named, or "in seiner 46. Sitzung" with the council in the sentence."""
    if not (match["own"] or match["before"]):
        sentence, at = _sentence(match)
        if _OTHER_BODY.match(match.string, match.end()):
            return
        bodies = _BODY.findall(sentence[:at]) or _BODY.findall(sentence[at:])[:1]
        if not bodies or not _COUNCIL_RE.match(bodies[-1]):
            return
    yield from _spans(match, [(str(int(n[0])), n) for n in _each(match, "numbers", _INTEGER)])


_INTEGER = re.compile(r"\d{1,3}")


# --- printed papers ---------------------------------------------------------------------------

_PAPER = re.compile(r"(\d{1,3})/(\d{1,5})(?!\d)")
_LANDS = "|".join(sorted(LAND_CODES, key=len, reverse=True))
_LAND_STEMS = {
    "baden-württemberg": "bw", "bayer": "by", "berlin": "be", "brandenburg": "bb", "brem": "hb",
    "hamburg": "hh", "hess": "he", "mecklenburg": "mv", "niedersächs": "ni", "niedersachs": "ni",
    "nordrhein": "nw", "nrw": "nw", "rheinland": "rp", "rheinland-pfälz": "rp", "saarl": "sl",
    "sachsen-anhalt": "st", "sächs": "sn", "sachsen": "sn", "schleswig": "sh", "thüring": "th",
}  # fmt: skip
_STEMS = "|".join(sorted(_LAND_STEMS, key=len, reverse=True))
_PARLIAMENT = re.compile(
    r"(?P<bt>(?<![\w-])(?:Deutsche[rnms]{0,2}\s)?Bundestag(?:e?s)?(?!\w)|BT(?!\w))"
    r"|(?P<br>(?<![\w-])Bundesrat(?:e?s)?(?!\w)|BR(?!\w))"
    rf"|(?P<before>{_STEMS})[\w-]{{0,16}}[\s-](?:Landtag|Abgeordnetenhaus|Bürgerschaft)"
    rf"|(?:Landtag|Abgeordnetenhaus|Bürgerschaft|LT)\w{{0,3}}[\s-](?:(?:von|des|der|in|im)\s)?"
    rf"(?:(?:Landes|Freistaat(?:e?s)?|Freien|und|Hansestadt)\s){{0,4}}(?P<after>{_STEMS})"
    r"|(?P<city>Abgeordnetenhaus|Bremische\w?\sBürgerschaft|Hamburgische\w?\sBürgerschaft)",
    re.IGNORECASE,
)
_LAND = re.compile(rf"(?<!\w)({_STEMS})", re.IGNORECASE)
_EXPLICIT = {"bt": "bt", "bundestag": "bt", "br": "br", "bundesrat": "br"}


def _papers(match: re.Match[str]) -> Iterator[Found]:
    """Read printed papers; numbers that end in a year belong to municipal councils."""
    numbers = [n for n in _each(match, "numbers", _PAPER) if not _is_municipal(n)]
    body = _body_of_paper(match)
    yield from _spans(match, [(f"{body}:{n[1]}/{n[2]}", n) for n in numbers])


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
    found = list(_PARLIAMENT.finditer(sentence))
    if landtag:
        found = [one for one in found if not (one["bt"] or one["br"])]
    if found:
        return _parliament(_nearest(found, at, at + len(match[0])))
    lands = list(_LAND.finditer(sentence)) if landtag else []
    return _LAND_STEMS[_nearest(lands, at, at)[1].casefold()] if lands else "?"


def _nearest(found: list[re.Match[str]], start: int, end: int) -> re.Match[str]:
    """Return the match directly behind a span, else the closest before it, else the first."""
    behind = [one for one in found if end <= one.start() <= end + 6]
    before = [one for one in found if one.start() < start]
    return (behind or before[-1:] or found)[0]


def _parliament(match: re.Match[str]) -> str:
    """Return the code of a parliament."""
    if match["bt"]:
        return "bt"
    if match["br"]:
        return "br"
    if match["city"]:
        name = match["city"].casefold()
        return "be" if name.startswith("abg") else "hb" if name.startswith("brem") else "hh"
    return _LAND_STEMS[(match["before"] or match["after"]).casefold()]


# --- law gazette and EU -----------------------------------------------------------------------

_PARTS = {"I": "1", "II": "2", "III": "3"}
_NUMBERED_SINCE = 2023
_DATED = re.compile(r"\bvom\s\d{1,2}\.\s?(?:\w{3,9}|\d{1,2}\.)\s?((?:19|20)\d\d)[\s,(–-]{0,4}$")


def _gazette(match: re.Match[str]) -> Iterator[Found]:
    """Read the Bundesgesetzblatt; the year may stand in the date of the act before it."""
    groups = match.groupdict()
    part = _PARTS[groups["part"].upper()]
    year = groups.get("year") or groups.get("year_behind")
    if year is None:
        dated = _DATED.search(match.string, max(0, match.start() - 40), match.start())
        year = dated[1] if dated else None
    number, page = groups.get("number"), groups.get("page")
    if number and year and (int(year) >= _NUMBERED_SINCE or not page):
        yield f"bgbl-{part}/{year}/{number}", match.start(), match.end()
    elif page:
        yield f"bgbl-{part}:{year or '?'}:{page}", match.start(), match.end()


def _gazette_address(match: re.Match[str]) -> Iterator[Found]:
    yield f"bgbl-{match[1]}/{match[2]}/{int(match[3])}", match.start(), match.end()


def _act(match: re.Match[str]) -> Iterator[Found]:
    """Read an EU act; the community's name is part of its key."""
    community = match["community"].split(",")[0]
    yield f"({community}) {match['number'].replace(' ', '')}", match.start(), match.end()


# --- catalogues and keys ----------------------------------------------------------------------


def _digits(match: re.Match[str]) -> Iterator[Found]:
    """Read one key of digits, written with or without blanks."""
    yield re.sub(r"\D", "", match["key"]), match.start(), match.end()


_FIVE = re.compile(r"(?<!\d)1\d{4}(?!\d)")
_AGS = re.compile(r"(?<!\d)\d{2}\s?\d\s?\d{2}\s?\d{3}(?!\d)")


def _bundles(match: re.Match[str]) -> Iterator[Found]:
    yield from _spans(match, [(n[0], n) for n in _each(match, "numbers", _FIVE)])


def _municipalities(match: re.Match[str]) -> Iterator[Found]:
    found = [(re.sub(r"\s", "", n[0]), n) for n in _each(match, "numbers", _AGS)]
    yield from _spans(match, [(key, n) for key, n in found if "01" <= key[:2] <= "16"])


def _schema(match: re.Match[str]) -> Iterator[Found]:
    version = match["v"] or match["u"] or match["s"] or match["w"]
    key = match["id"].upper() + (f"V{version}" if version else "")
    yield key, match.start(), match.end()


def _editorial(match: re.Match[str]) -> Iterator[Found]:
    yield f"{match[1]}/{match[2]}", match.start(), match.end()


def _as_written(match: re.Match[str]) -> Iterator[Found]:
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


def _file_number(match: re.Match[str]) -> Iterator[Found]:
    """Read a court's file number where its register or its sentence speaks of a court."""
    if _OWN_REGISTER.search(match[0]) or _COURT_WORD.search(_sentence(match)[0]):
        yield " ".join(match[0].split()), match.start(), match.end()


_PAPERS_LIST = _listed(r"\d{1,3}/\d{1,5}(?!\d)")
_DECISIONS_LIST = _listed(r"20[0-3]\d[/-]\d{1,3}(?!\d)")
_SESSIONS_LIST = _listed(r"\d{1,3}\.?")
_LAND_CODE = rf"{_LANDS}|NRW"

PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "itplr", ("eschl", "Entscheidung"),
        re.compile(
            rf"(?:(?P<own>{_COUNCIL}),?[-\s:–]{{0,3}}(?:mit\s|zum\s|laut\s)?|(?P<other>[A-ZÄÖÜ]\w{{2,30}}-))?"
            r"(?<![a-zäöüß])(?:[Bb]eschl(?:uss|uß|üss)(?:es|en|e)?(?:nummern?)?|Entscheidung(?:en)?)"
            r"[-\s]{0,2}(?:Nrn?\.|Nummern?)?[\s:(-]{0,3}"
            rf"(?P<numbers>{_DECISIONS_LIST})\)?"
            rf"(?P<behind>\s(?:des|vom|durch\sden|\(des|im)\s{_COUNCIL}|\s\({_COUNCIL}\))?"
        ), _decisions,
    ),
    Pattern(
        "itplr", ("IT-PLR", "IT-Planungsrat"),
        re.compile(
            rf"(?P<own>{_COUNCIL})[\s:–-]{{1,2}}(?P<other>)(?P<numbers>20[0-3]\d/\d{{2}}(?!\d))(?P<behind>)"
        ), _decisions,
    ),
    Pattern(
        "itplr_session", ("Sitzung", "sitzung"),
        re.compile(
            rf"(?<![\d.])(?P<numbers>{_SESSIONS_LIST})\s(?:(?P<before>{_COUNCIL})[-\s])?"
            r"(?:\w{4,16}\s)?(?:[Ss]onders|[Ss])itzung(?:en)?"
            rf"(?P<own>\s(?:des|vom|im|\(?)\s?{_COUNCIL})?"
        ), _council_sessions,
    ),
    Pattern(
        "drs", ("Drs", "rucks", "DRS"),
        re.compile(
            r"(?<!\w)(?:(?P<body>BT|BR|LT|Bundestags?|Bundesrat(?:e?s)?|Landtags?)[-\s]{0,2})?"
            rf"(?:(?P<land>{_LAND_CODE})[-\s]{{1,2}})?"
            r"(?:Drs\.?|DRS\.?|[Dd]rucks(?:ache(?:n)?|\.)?)[-\s:]{0,2}(?:(?:mit\sder\s)?(?:Nrn?\.|Nummern?)\s?)?"
            rf"(?P<numbers>{_PAPERS_LIST})"
        ), _papers,
    ),
    Pattern(
        "bgbl", ("BGBl", "Bundesgesetzbl"),
        re.compile(
            r"(?:BGBl\.?|Bundesgesetzblatte?s?)[\s,]{0,2}(?:(?P<year>(?:19|20)\d\d)[\s,]{1,2})?(?:Teil\s)?"
            r"(?P<part>I{1,3})(?!\w)(?:[\s,]{1,2}(?P<year_behind>(?:19|20)\d\d)(?!\d))?"
            r"[\s,]{0,2}(?:Nr\.\s?(?P<number>\d{1,4}[a-z]?)(?!\w))?"
            r"(?:[\s,]{0,2}(?:S\.|Seite|(?<=,)|(?<=,\s))\s?(?P<page>\d{1,5})(?!\d))?"
        ), _gazette,
    ),
    Pattern(
        "bgbl", (" I Nr.", " II Nr."),
        re.compile(
            r"\b[Gg](?:esetz|es\.)?\s?v(?:\.|om)\s\d{1,2}\.\s?\d{1,2}\.\s?(?P<year>20\d\d)\s"
            r"(?P<part>I{1,2})\sNr\.\s?(?P<number>\d{1,4}[a-z]?)(?!\w)"
        ), _gazette,
    ),
    Pattern(
        "bgbl", ("bgbl",),
        re.compile(r"(?:recht\.bund\.de/)?(?:eli/bund/)?\bbgbl[/-](\d)/(20\d\d)/(\d{1,4})(?!\d)"),
        _gazette_address,
    ),
    Pattern(
        "eu", ("(E",),
        re.compile(
            r"(?:(?<!\w)[\w-]{0,40}(?:[Vv]erordnung|[Rr]ichtlinie|[Bb]eschluss|VO|RL)(?:en|es)?\s)?"
            r"\((?P<community>(?:EU|EG|EWG)(?:,\s?Euratom)?)\)\s?(?:Nr\.\s?)?"
            r"(?P<number>\d{2,4}/\s?\d{1,4})(?!\d)"
        ), _act,
    ),
    Pattern(
        "eu", ("/EU", "/EG", "/EWG"),
        re.compile(
            r"(?:(?<!\w)[\w-]{0,40}(?:[Rr]ichtlinie|[Bb]eschluss|[Ee]ntscheidung|RL)(?:n|es)?\s)?"
            r"(?<![\d/])(?P<number>\d{2,4}/\d{1,4})/(?P<community>EU|EG|EWG)(?!\w)"
        ), _act,
    ),
    Pattern(
        "eu", ("EU-V", "EU-R", "EG-V", "EG-R"),
        re.compile(
            r"(?P<community>EU|EG)-(?:Verordnung|Richtlinie|VO|RL)\s(?:Nr\.\s?)?"
            r"(?P<number>\d{2,4}/\d{1,4})(?![\d/])"
        ), _act,
    ),
    Pattern(
        "leika", ("99",),
        re.compile(
            r"(?:\burn:(?:de:)?fim:leika:leistung:|(?<![\w./-]))(?P<key>99\d{12})(?!\w)"
        ), _digits,
    ),
    Pattern(
        "leika", ("LeiKa", "Leistungsschl"),
        re.compile(
            r"(?:LeiKa|Leistungs)-?(?:ID|[Ss]chlüssel)[^\d\n.]{0,12}"
            r"(?P<key>99[\s.]\d{3}[\s.]\d{3}[\s.]\d{3}[\s.]\d{3})(?!\w)"
        ), _digits,
    ),
    Pattern(
        "ozg_id", ("OZG",),
        re.compile(
            r"OZG[-\s]?(?:IDs?|Leistung(?:en|s)?(?:-?(?:ID|IDs|nummer|bündel))?|Nr\.?|Nummer|Kennung|"
            r"Schlüssel|Umsetzungsobjekt)(?:\s(?:lautet|ist|Nr\.|ID|[„»\"]?[A-ZÄÖÜ]\w{2,30}[“«\"]?)){0,2}"
            rf"[\s:#(–-]{{0,3}}(?P<numbers>{_listed(r'1[0-9]{4}(?![0-9])')})"
        ), _bundles,
    ),
    Pattern(
        "fim", tuple(letter + digit for letter in "SDFGB" for digit in "0123456789"),
        re.compile(
            r"(?<!\w)(?P<id>[SDFGB]\d{8}(?:\d{3})?)"
            r"(?:\s?V(?P<v>\d{1,3}(?:\.\d{1,3}){0,2})|_(?P<u>\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)"
            r"|/(?P<s>\d{1,3}\.\d{1,3}\.\d{1,3})"
            r"|\s(?:in\s)?(?:der\s)?Version\s(?P<w>\d{1,3}\.\d{1,3}(?:\.\d{1,3})?))?(?![\w])"
        ), _schema,
    ),
    Pattern(
        "fim", ("/fim/s0", "/fim/d0", "/fim/s1"),
        re.compile(
            r"(?<=/fim/)(?P<id>[sdfgb]\d{8}(?:\d{3})?)(?:_(?P<u>\d{1,3}\.\d{1,3}(?:\.\d{1,3})?))?"
            r"(?P<v>)(?P<s>)(?P<w>)"
        ), _schema,
    ),
    Pattern(
        "fim_ed", ("L1", "L0", "L2", "L9"),
        re.compile(r"(?<!\w)(L\d{6})[/_](\d{5,9})(?!\w)"), _editorial,
    ),
    Pattern(
        "ars", ("ARS", "egionalschl"),
        re.compile(
            r"(?:(?<!\w)ARS|[Rr]egionalschlüssel)(?:s|n)?[^\d\n.;]{0,16}"
            r"(?P<key>(?:0[1-9]|1[0-6])\s?\d\s?\d{2}\s?\d{4}\s?\d{3})(?!\d)"
        ), _digits,
    ),
    Pattern(
        "ags", ("AGS", "emeindeschl", "emeindekenn"),
        re.compile(
            r"(?:(?:[Aa]mtlicher?n?\s)?(?<!\w)AGS|[Gg]emeinde(?:schlüssel|kennziffer))(?:s|n)?"
            r"[^\d\n.;]{0,16}"
            rf"(?P<numbers>{_listed(r'[01][0-9][ ]?[0-9][ ]?[0-9]{2}[ ]?[0-9]{3}(?![0-9])')})"
        ), _municipalities,
    ),
    Pattern(
        "xoev", ("urn:",),
        re.compile(
            r"\burn:(?:xoev-de(?::[\w.-]{1,40}){1,4}?|de(?::[\w-]{1,40}){1,4}?):"
            r"(?:standard|codeliste|codelist|kernkomponente|schluessel):"
            r"[A-Za-z0-9]{1,60}(?:[._:-][A-Za-z0-9]{1,60}){0,8}"
        ), _as_written,
    ),
    Pattern(
        "ecli", ("ECLI:",),
        re.compile(r"\bECLI:[A-Z]{2}:[A-Z0-9]{1,7}:\d{4}:[A-Z0-9]{1,25}(?:\.[A-Z0-9]{1,25}){0,8}"),
        _as_written,
    ),
    Pattern(
        "court", ("/",),
        re.compile(
            r"(?<![\w/.§-])(?<!§\s)(?:[A-Z][a-z]?\s)?(?:[IVX]{1,5}|\d{1,3})(?:\s?[a-z])?\s"
            r"(?:\([A-Za-z]{1,6}\)\s)?(?:Bv[A-Z]|St[RBE]|[A-Z]{1,4}[a-z]?|[A-Z][a-z])"
            r"(?:\s\([A-Z][a-z]{2,5}\))?\s\d{1,5}/\d{2}(?:\.[A-Z]{1,3})?(?:\s[RBSU](?!\w))?(?![\d/])"
        ), _file_number,
    ),
    Pattern(
        "court", ("C-", "C\u2011", "T-"),
        re.compile(r"(?<![\w/-])[CT][-\u2011]\d{1,4}/\d{2}(?:\sP(?!\w))?(?![\d/])"), _file_number,
    ),
)  # fmt: skip
