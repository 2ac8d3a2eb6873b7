"""Citations of laws: "§ 3 Abs. 1 i. V. m. § 3b AsylG", "Art. 12 bis 14 DSGVO", "§§ 3 und 8 OZG".

A hand-written reader rather than one large pattern: a chain of numbers ends in the law that all of
them belong to, which no regular expression says without backtracking. Every step moves forward, and
a chain that ends without a law is not read twice, so the time is linear in the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from aggregator.text.laws import law_at, law_before

# Each alternative begins with a letter of its own, by which the search skips the rest of a text.
_LEAD = re.compile(
    r"(§§?|A(?<!\wA)rt(?:\.|t\.|ikeln?|ikels)?|P(?<!\wP)aragra(?:f|ph)(?:en)?)\s{0,2}(?=\d)"
)
# "§ 1a", "§ 1 a"; but not the f. of "75 f." and not the i. of "§ 3 i. V. m.".
_NUMBER = re.compile(
    r"(\d{1,4})(?:(?!ff?\b)([a-z])(?!\w)|\s(?!ff?\b)([a-z])(?![\w).]))?(?!(?!ff?\b)\w|[./]\d)"
)
_FOLLOWING = re.compile(r"\s?ff?\b\.?")
_UNIT = (
    r"Abs(?:\.|atz(?:es)?|ätzen?)?|Satz(?:es)?|Sätzen?|S\.|Nrn?\.?|Nummern?|Ziff(?:\.|ern?)?|UAbs\.?|"
    r"Unterabs(?:\.|atz)|Halbs(?:\.|atz)|Hs\.|HS|Alt(?:\.|ernative)|Var(?:\.|iante)|Teilsatz"
)
_PART = re.compile(
    rf"[\s,]{{0,2}}(?:(?P<unit>{_UNIT})\s?\d{{1,3}}(?:[a-z](?!\w)|\s[a-z](?![\w.]))?(?!\w)"
    r"|(?:lit\.?|Buchst(?:\.|aben?)?)\s?[a-z]{1,2}(?!\w)\)?"
    r"|\d{1,2}\.\s?(?:Halbsatz|Halbs\.|HS|Hs\.|Alternative|Alt\.|Spiegelstrich)"
    r"|[IVX]{1,5}(?:\s\d{1,2}(?!\w))?(?![\w.])"
    r"|[a-z]{1,2}\))"
)
_JOIN = re.compile(
    r"\s?(?:[,;/–-]|(?<!\w)(?:und|bis|sowie|oder|u\.|bzw\.|beziehungsweise|i\.\s?V\.\s?m\.|iVm|"
    r"in\sVerbindung\smit|und\sauch|sowie\sauch)(?!\w))\s{0,2}(?:(?:mit|nach|auch|zu)\s)?"
)
_ARTICLE = re.compile(
    r"\s{1,2}(?:(?:des|der|dem|vom|im|zum|zur)\s)?"
    r"(?:(?:neuen|alten|geltenden|novellierten|aktuellen|bisherigen|neugefassten|deutschen)\s)?"
)


@dataclass(frozen=True, slots=True)
class Norm:
    """One number of a law as cited: `key` is "OZG § 1a"."""

    key: str
    start: int
    end: int


@dataclass(slots=True)
class _Cited:
    """A number of a chain whose law is not known yet; `end` grows with its parts."""

    sign: str
    number: str
    start: int
    end: int
    parts: bool = False


def find(text: str) -> Iterator[Norm]:
    """Yield all citations of laws in order."""
    at = 0
    while lead := _LEAD.search(text, at):
        chain, end = _chain(text, lead)
        at = max(end, lead.end())
        if not chain:
            continue
        article = _ARTICLE.match(text, end)
        law = law_at(text, article.end()) if article else None
        if law is not None:
            chain[-1].end = at = law[1]
            yield from _norms(chain, law[0])
        elif before := law_before(text, lead.start()):
            yield from _norms(chain, before)


def _norms(chain: list[_Cited], law: str) -> Iterator[Norm]:
    """Yield the numbers of a chain that share the sign of its last one, next to the law."""
    for cited in chain:
        if cited.sign == chain[-1].sign:
            yield Norm(f"{law} {cited.sign} {cited.number}", cited.start, cited.end)


def _chain(text: str, lead: re.Match[str]) -> tuple[list[_Cited], int]:
    """Read the numbers from a § or Art. on; return them and where they end."""
    number = _NUMBER.match(text, lead.end())
    if number is None:
        return [], lead.end()
    plural = lead[1] in {"§§", "Artt."}
    chain = [_cited(lead, number)]
    at = number.end()
    while True:
        at = chain[-1].end = _parts(text, at, chain[-1])
        join = _JOIN.match(text, at)
        if join is None:
            return chain, at
        if part := _PART.match(text, join.end()):
            at = part.end()
            chain[-1].parts = True
            continue
        new_lead = _LEAD.match(text, join.end())
        number = _NUMBER.match(text, new_lead.end() if new_lead else join.end())
        if number is None:
            return chain, at
        promised = plural and len(chain) == 1
        if new_lead is None and chain[-1].parts and not _is_new(text, number, promised=promised):
            at = number.end()
            continue
        plural = plural or (new_lead is not None and new_lead[1] == "§§")
        chain.append(_cited(new_lead, number, chain[-1].sign))
        at = number.end()


def _parts(text: str, at: int, cited: _Cited) -> int:
    """Read paragraphs, sentences and letters of a number; return where they end."""
    while match := _PART.match(text, at) or _FOLLOWING.match(text, at):
        cited.parts = cited.parts or match.re is _PART
        at = match.end()
    return at


def _is_new(text: str, number: re.Match[str], *, promised: bool) -> bool:
    """Whether a number after "Abs. 1 und" is a section of its own, not another paragraph.

    It is when a paragraph follows it ("§§ 3 Abs. 1, 4 Abs. 2"), and when §§ promised a second
    section that has not come yet ("§§ 3 Abs. 1 und 8").
    """
    part = _PART.match(text, number.end())
    return promised or (part is not None and (part["unit"] or "").startswith("Abs"))


def _cited(lead: re.Match[str] | None, number: re.Match[str], sign: str = "§") -> _Cited:
    """Return the number of a match; without a lead of its own it has the sign of the last one."""
    if lead is not None:
        sign = "Art." if lead[1].startswith("Art") else "§"
    start = lead.start() if lead else number.start()
    return _Cited(sign, number[1] + (number[2] or number[3] or ""), start, number.end())
