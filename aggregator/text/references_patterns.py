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

from aggregator.text import references_readers as read
from aggregator.text.laws import LAND_CODES

Reader = Callable[[re.Match[str]], Iterator[read.Found]]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One form of one kind of reference."""

    kind: str
    triggers: tuple[str, ...]
    expression: re.Pattern[str]
    read: Reader


_PAPERS_LIST = read.listed(r"\d{1,3}/\d{1,5}(?!\d)")
_DECISIONS_LIST = read.listed(r"20[0-3]\d[/-]\d{1,3}(?!\d)")
_SESSIONS_LIST = read.listed(r"\d{1,3}\.?")
_LAND_CODE = "|".join((*sorted(LAND_CODES, key=len, reverse=True), "NRW"))

PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "itplr", ("eschl", "Entscheidung"),
        re.compile(
            r"(?:[Bb]eschl(?:uss|uß|üss)(?:es|en|e)?(?:nummern?)?|Entscheidung(?:en)?)"
            r"[-\s]{0,2}(?:Nrn?\.|Nummern?)?[\s:(-]{0,3}"
            rf"(?P<numbers>{_DECISIONS_LIST})\)?"
            rf"(?P<behind>\s(?:des|vom|durch\sden|\(des|im)\s{read.COUNCIL}|\s\({read.COUNCIL}\))?"
        ), read.decisions,
    ),
    Pattern(
        "itplr", ("IT-PLR", "IT-Planungsrat"),
        re.compile(rf"(?P<behind>{read.COUNCIL})[\s:–-]{{1,2}}(?P<numbers>20[0-3]\d/\d{{2}}(?!\d))"),
        read.decisions,
    ),
    Pattern(
        "itplr_session", ("Sitzung", "sitzung"),
        re.compile(
            rf"(?<![\d.])(?P<numbers>{_SESSIONS_LIST})\s(?:(?P<before>{read.COUNCIL})[-\s])?"
            r"(?:\w{4,16}\s)?(?:[Ss]onders|[Ss])itzung(?:en)?"
            rf"(?P<own>\s(?:des|vom|im|\(?)\s?{read.COUNCIL})?"
        ), read.council_sessions,
    ),
    Pattern(
        "drs", ("Drs", "rucks", "DRS"),
        re.compile(
            r"(?<!\w)(?:(?P<body>BT|BR|LT|Bundestags?|Bundesrat(?:e?s)?|Landtags?)[-\s]{0,2})?"
            rf"(?:(?P<land>{_LAND_CODE})[-\s]{{1,2}})?"
            r"(?:Drs\.?|DRS\.?|[Dd]rucks(?:ache(?:n)?|\.)?)[-\s:]{0,2}"
            r"(?:(?:mit\sder\s)?(?:Nrn?\.|Nummern?)\s?)?"
            rf"(?P<numbers>{_PAPERS_LIST})"
        ), read.papers,
    ),
    Pattern(
        "bgbl", ("BGBl", "Bundesgesetzbl"),
        re.compile(
            r"(?:BGBl\.?|Bundesgesetzblatte?s?)[\s,]{0,2}(?:(?P<year>(?:19|20)\d\d)[\s,]{1,2})?(?:Teil\s)?"
            r"(?P<part>I{1,3})(?!\w)(?:[\s,]{1,2}(?P<year_behind>(?:19|20)\d\d)(?!\d))?"
            r"[\s,]{0,2}(?:Nr\.\s?(?P<number>\d{1,4}[a-z]?)(?!\w))?"
            r"(?:[\s,]{0,2}(?:S\.|Seite|(?<=,)|(?<=,\s))\s?(?P<page>\d{1,5})(?!\d))?"
        ), read.gazette,
    ),
    Pattern(
        "bgbl", (" I Nr.", " II Nr."),
        re.compile(
            r"\b[Gg](?:esetz|es\.)?\s?v(?:\.|om)\s\d{1,2}\.\s?\d{1,2}\.\s?(?P<year>20\d\d)\s"
            r"(?P<part>I{1,2})\sNr\.\s?(?P<number>\d{1,4}[a-z]?)(?!\w)"
        ), read.gazette,
    ),
    Pattern(
        "bgbl", ("bgbl",),
        re.compile(r"(?:recht\.bund\.de/)?(?:eli/bund/)?\bbgbl[/-](\d)/(20\d\d)/(\d{1,4})(?!\d)"),
        read.gazette_address,
    ),
    Pattern(
        "eu", ("(E",),
        re.compile(
            r"\((?P<community>(?:EU|EG|EWG)(?:,\s?Euratom)?)\)\s?(?:Nr\.\s?)?"
            r"(?P<number>\d{2,4}/\s?\d{1,4})(?!\d)"
        ), read.act,
    ),
    Pattern(
        "eu", ("/EU", "/EG", "/EWG"),
        re.compile(
            r"(?P<number>(?<![\d/])\d{2,4}/\d{1,4})/(?P<community>EU|EG|EWG)(?![\w-])"
        ), read.act,
    ),
    Pattern(
        "eu", ("EU-V", "EU-R", "EG-V", "EG-R"),
        re.compile(
            r"(?P<community>EU|EG)-(?:Verordnung|Richtlinie|VO|RL)\s(?:Nr\.\s?)?"
            r"(?P<number>\d{2,4}/\d{1,4})(?![\d/])"
        ), read.act,
    ),
    Pattern(
        "leika", ("99",),
        re.compile(
            r"(?:\burn:(?:de:)?fim:leika:leistung:|(?<![\w./-]))(?P<key>99\d{12})(?!\w)"
        ), read.digits,
    ),
    Pattern(
        "leika", ("LeiKa", "Leistungsschl"),
        re.compile(
            r"(?:LeiKa|Leistungs)-?(?:ID|[Ss]chlüssel)[^\d\n.]{0,12}"
            r"(?P<key>99[\s.]\d{3}[\s.]\d{3}[\s.]\d{3}[\s.]\d{3})(?!\w)"
        ), read.digits,
    ),
    Pattern(
        "ozg_id", ("OZG",),
        re.compile(
            r"OZG[-\s]?(?:IDs?|Leistung(?:en|s)?(?:-?(?:ID|IDs|nummer|bündel))?|Nr\.?|Nummer|Kennung|"
            r"Schlüssel|Umsetzungsobjekt)(?:\s(?:lautet|ist|Nr\.|ID|[„»\"]?[A-ZÄÖÜ]\w{2,30}[“«\"]?)){0,2}"
            rf"[\s:#(–-]{{0,3}}(?P<numbers>{read.listed(r'1[0-9]{4}(?![0-9])')})"
        ), read.bundles,
    ),
    Pattern(
        "fim", ("00",),  # numbers are filled up with noughts
        re.compile(
            r"(?P<id>[SDFGB](?<!\w[SDFGB])\d{8}(?:\d{3})?)"
            r"(?:\s?V(?P<v>\d{1,3}(?:\.\d{1,3}){0,2})|_(?P<u>\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)"
            r"|/(?P<s>\d{1,3}\.\d{1,3}\.\d{1,3})"
            r"|\s(?:in\s)?(?:der\s)?Version\s(?P<w>\d{1,3}\.\d{1,3}(?:\.\d{1,3})?))?(?![\w])"
        ), read.schema,
    ),
    Pattern(
        "fim", ("/fim/s0", "/fim/d0", "/fim/s1"),
        re.compile(
            r"(?<=/fim/)(?P<id>[sdfgb]\d{8}(?:\d{3})?)(?:_(?P<u>\d{1,3}\.\d{1,3}(?:\.\d{1,3})?))?"
            r"(?P<v>)(?P<s>)(?P<w>)"
        ), read.schema,
    ),
    Pattern(
        "fim_ed", ("L1", "L0", "L2", "L9"),
        re.compile(r"(?<!\w)(L\d{6})[/_](\d{5,9})(?!\w)"), read.editorial,
    ),
    Pattern(
        "ars", ("ARS", "egionalschl"),
        re.compile(
            r"(?:(?<!\w)ARS|[Rr]egionalschlüssel)(?:s|n)?[^\d\n.;]{0,16}"
            r"(?P<key>(?:0[1-9]|1[0-6])\s?\d\s?\d{2}\s?\d{4}\s?\d{3})(?!\d)"
        ), read.digits,
    ),
    Pattern(
        "ags", ("AGS", "emeindeschl", "emeindekenn"),
        re.compile(
            r"(?:(?:[Aa]mtlicher?n?\s)?(?<!\w)AGS|[Gg]emeinde(?:schlüssel|kennziffer))(?:s|n)?"
            r"[^\d\n.;]{0,16}"
            rf"(?P<numbers>{read.listed(r'[01][0-9][ ]?[0-9][ ]?[0-9]{2}[ ]?[0-9]{3}(?![0-9])')})"
        ), read.municipalities,
    ),
    Pattern(
        "xoev", ("urn:",),
        re.compile(
            r"\burn:(?:xoev-de(?::[\w.-]{1,40}){1,4}?|de(?::[\w-]{1,40}){1,4}?):"
            r"(?:standard|codeliste|codelist|kernkomponente|schluessel):"
            r"[A-Za-z0-9]{1,60}(?:[._:-][A-Za-z0-9]{1,60}){0,8}"
        ), read.as_written,
    ),
    Pattern(
        "ecli", ("ECLI:",),
        re.compile(r"\bECLI:[A-Z]{2}:[A-Z0-9]{1,7}:\d{4}:[A-Z0-9]{1,25}(?:\.[A-Z0-9]{1,25}){0,8}"),
        read.as_written,
    ),
    Pattern(
        "court", ("/",),
        re.compile(
            r"(?<![\w/.§-])(?<!§\s)(?:[A-Z][a-z]?\s)?(?:[IVX]{1,5}|\d{1,3})(?:\s?[a-z])?\s"
            r"(?:\([A-Za-z]{1,6}\)\s)?(?:Bv[A-Z]|St[RBE]|[A-Z]{1,4}[a-z]?|[A-Z][a-z])"
            r"(?:\s\([A-Z][a-z]{2,5}\))?\s\d{1,5}/\d{2}(?:\.[A-Z]{1,3})?(?:\s[RBSU](?!\w))?(?![\d/])"
        ), read.file_number,
    ),
    Pattern(
        "court", ("C-", "C\u2011", "T-"),
        re.compile(r"(?<![\w/-])[CT][-\u2011]\d{1,4}/\d{2}(?:\sP(?!\w))?(?![\d/])"),
        read.file_number,
    ),
)  # fmt: skip
