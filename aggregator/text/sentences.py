"""Where German sentences end.

A full stop ends no sentence after an abbreviation ("Abs. 1", "z. B."), an initial or an ordinal
("26. September", "die 46. Sitzung"). What cannot be told without understanding is decided for the
longer sentence, since sentences here are evidence shown to readers: half a one misleads.
"""

import re
from collections.abc import Iterator

from aggregator.text.blanks import one_line
from aggregator.text.words import word_set

# A mark, closing quotes or brackets, a blank, then something that may begin a sentence; or a blank
# line; or the beginning of a list item. The first character stands before all alternatives, since
# a search that begins with a set of characters skips the rest of a text ten times quicker.
_END = re.compile(
    r"[.!?…\n](?:(?<!\n)[\"'”“»’)\]]*(?=\s+[\"'„“«»‚(\[]*[A-ZÄÖÜ0-9§])"
    r"|(?<=\n)(?=[^\S\n]*\n|[^\S\n]*[•·*–-][^\S\n]))"
)
_BEFORE = re.compile(r"(?:(\d+)|([^\W\d_]+(?:\.[^\W\d_]+)*))$")
_NEXT = re.compile(r"\s*[\"'„“«»‚(\[]*(\w+)")
_LONGEST_WORD = 40
_REACH = 2_000  # code points looked at on either side of a place; no sentence is longer

_ABBREVIATIONS = word_set("""
    abb abk abs abschn al alt anl anm apr art aufl aug az bd bde beh beschl bes bez bgbl bgl bsp
    buchst bzgl bzw ca chr d ders dez dgl dipl dr drs drucks ebd eigtl einschl entspr erg erl
    evtl exkl feb febr fn fr gem ges ggf ggfs gz halbs hg hr hrsg inkl insb insbes jan jhd jr jul
    jun kap kfm lfd lit lt m max med min mind mio mrd mtl nr nrn nov okt od o pos pp präs prof
    prov rdnr ref rn rs rz s sen sep sept sog st std stellv str svw tel tit tsd u unabh urt v verf
    vgl vol vom vors vs wg z zb ziff zit zt zus zw zzgl i a b c e f g h j k l n p q r t w x y ing
""")
# These may be followed by a new sentence.
_MAY_END = word_set("usw etc ff f jh jhdt ua uä o.ä u.a u.ä uam")
_STARTERS = word_set("""
    Aber Alle Allerdings Also Am An Auch Auf Aus Außerdem Bei Beim Bis Da Dabei Dadurch Daher
    Damit Danach Dann Das Dazu Dem Den Denn Der Des Deshalb Die Dies Diese Dieser Dieses Doch
    Durch Ein Eine Einen Einer Er Es Für Hier Hierzu Ich Ihre Im In Insgesamt Ist Jede Jeder Man
    Mit Nach Neben Nun Nur Ob Obwohl Ohne Seit Seitdem Sie Sind So Sollte Sowohl Trotz Über Um Und
    Unter Viele Vom Von Vor Während Was Weil Weitere Welche Wenn Wer Wie Wir Wird Wo Zu Zudem
    Zugleich Zum Zur Zwar
""")


def split(text: str) -> list[tuple[int, int]]:
    """Return the spans of all sentences in order, without the blanks around them."""
    spans = []
    start = 0
    for end in (*ends(text), len(text)):
        if span := _trimmed(text, start, end):
            spans.append(span)
        start = end
    return spans


def ends(text: str) -> list[int]:
    """Return the offsets at which sentences end, without that of the last."""
    return list(_ends(text, 0, len(text)))


def span_at(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span of the sentence, or sentences, that `start` to `end` lies in.

    At most 2,000 code points on either side are looked at: the cost does not grow with the text.
    """
    low, high = max(0, start - _REACH), min(len(text), end + _REACH)
    before, last = [], high
    for match in _END.finditer(text, low, high):
        if match.end() <= start:
            before.append(match)  # only the last one that counts is of interest
        elif match.end() >= end and _counts(text, match):
            last = match.end()
            break
    first = next((match.end() for match in reversed(before) if _counts(text, match)), low)
    return _trimmed(text, first, last) or (start, end)


def sentence_at(text: str, start: int, end: int) -> str:
    """Return the sentence around a span, blanks made single."""
    first, last = span_at(text, start, end)
    return one_line(text[first:last])


def _ends(text: str, low: int, high: int) -> Iterator[int]:
    """Yield the offsets at which sentences end."""
    for match in _END.finditer(text, low, high):
        if _counts(text, match):
            yield match.end()


def _counts(text: str, match: re.Match[str]) -> bool:
    """Whether a sentence ends at a match of `_END`; only full stops leave a doubt."""
    return text[match.start()] != "." or _is_end(text, match.start(), match.end())


def _is_end(text: str, stop: int, after: int) -> bool:
    """Whether the full stop at `stop` ends a sentence."""
    low = max(0, stop - _LONGEST_WORD)
    before = _BEFORE.search(text, max(low, text.rfind(" ", low, stop) + 1), stop)
    following = _NEXT.match(text, after, after + _LONGEST_WORD)
    starts = following is not None and following[1] in _STARTERS
    if before is None:
        return True
    if before[1]:
        # A year or an amount ends a sentence, "26." and "46." hardly ever do.
        return len(before[1]) > 3 or starts
    word = before[2]
    if word.casefold() in _MAY_END:
        return starts
    return not (word.casefold() in _ABBREVIATIONS or "." in word or len(word) == 1)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return a span without blanks at its ends, None when nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
