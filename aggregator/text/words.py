"""Words of a text: where they stand, how they are folded, which of them say nothing.

Folding makes one form of what readers take for one word: Behörde, Behoerde, BEHÖRDE; decomposed
umlauts, ligatures and full-width letters (Unicode NFKC); soft hyphens, which typesetters put inside
words. Umlauts are spelt out (ä -> ae), since that direction loses nothing: "ae" cannot be read back
safely ("aktuell", "Michael"). Numbers stay as they are.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Invisible characters inside words: soft hyphen, zero-width space, joiners, word joiner.
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060"
_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"} | dict.fromkeys(_INVISIBLE, "")
)
# Letters and digits, the marks of decomposed umlauts and invisible characters between them.
_PIECE = rf"[^\W_][\w\u0300-\u036f{_INVISIBLE}]*"
# U+2010 and U+2011 are hyphens too; a dash is none.
_TOKEN = re.compile(rf"{_PIECE}(?:[-\u2010\u2011]{_PIECE})*")
_INSIDE = re.compile(rf"[\w\u0300-\u036f{_INVISIBLE}\u2010\u2011-]")
_CAMEL = re.compile(r"(?<=[a-zäöüß])(?=[A-ZÄÖÜ])|(?<=[A-ZÄÖÜ])(?=[A-ZÄÖÜ][a-zäöüß])")


def word_set(words: str) -> frozenset[str]:
    """Return the words of a table written as running text."""
    return frozenset(words.split())


STOP_WORDS = word_set("""
    aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bereits
    bis bzw da dabei dafür damit dann daran darauf daraus darin das dass daß davon dazu dem den
    denn der deren des dessen die dies diese diesem diesen dieser dieses doch dort du durch ein eine
    einem einen einer eines er es etwa euch euer für gegen habe haben hat hatte hatten her hier
    hin ich ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im in indem ins ist ja je jede jedem
    jeden jeder jedes kann kein keine keinem keinen keiner können könnte man mehr mein meine mich
    mir mit muss müssen nach nicht noch nun nur ob oder ohne sehr sein seine seinem seinen seiner
    seines selbst sich sie sind so sollen sollte sollten soll sowie sowohl über um und uns unser
    unsere unter vom von vor wann war waren warum was wegen weil welche welchem welchen welcher
    welches wenn wer werden wie wieder wir wird wo worden wurde wurden zu zum zur zwischen viel
    viele
""")


@dataclass(frozen=True, slots=True)
class Token:
    """A word as it stands in a text: code points `start` to `end`, end exclusive."""

    text: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of a text in order; "FIT-Connect" and "OZG-Leistung" are one word each."""
    for match in _TOKEN.finditer(text):
        yield Token(match.group(), match.start(), match.end())


def token_at(text: str, place: int) -> Token | None:
    """Return the word in which a place of a text lies, None between words."""
    start = place
    while start and _INSIDE.match(text, start - 1):
        start -= 1
    match = _TOKEN.match(text, start) or _TOKEN.search(text, start, place + 1)
    while match and match.end() <= place:
        match = _TOKEN.search(text, match.end())
    if match is None or match.start() > place:
        return None
    return Token(match.group(), match.start(), match.end())


def surfaces(text: str) -> list[str]:
    """Return the words of a text without their places; the quick way."""
    return _TOKEN.findall(text)


def fold(word: str) -> str:
    """Return the one form of all spellings of a word: NFKC, lower case, umlauts spelt out."""
    if word.isascii():
        return word.lower()
    # casefold() rather than lower(): the capital ß, the Turkish dotted I; umlauts come last, since
    # only the composed letter is spelt out.
    return unicodedata.normalize("NFKC", word).casefold().translate(_UMLAUTS)


def undotted(word: str) -> str:
    """Return a folded word without its umlauts' dots: a stem stands in it as it does in the word.

    Stemming turns Auszüge into "auszug", folding into "auszuege".
    """
    return fold(word).replace("ae", "a").replace("oe", "o").replace("ue", "u")


def is_stop_word(word: str) -> bool:
    """Whether a word says nothing about a text, in any spelling."""
    return fold(word) in _FOLDED_STOP_WORDS


def fold_map(word: str) -> tuple[str, tuple[int, ...]]:
    """Fold a word and say where its letters come from.

    Returns:
        The folded word, and for each of its letters and its end the offset in `word`.
    """
    if word.isascii():
        return word.lower(), tuple(range(len(word) + 1))
    letters: list[str] = []
    origins: list[int] = []
    start = 0
    for end in range(1, len(word) + 1):
        # A base letter and its combining marks are folded together.
        if end < len(word) and unicodedata.combining(word[end]):
            continue
        folded = fold(word[start:end])
        letters.append(folded)
        origins += [start] * len(folded)
        start = end
    return "".join(letters), (*origins, len(word))


def pieces(word: str) -> list[str]:
    """Return what capitals inside a word hold apart; [] for eID, GmbH, IDs and plain words.

    "BundID" gives Bund and ID; a piece of one letter would say nothing, so "eID" stays whole.
    """
    if word.isupper() or word[1:].islower():
        return []
    parts = _CAMEL.split(word)
    return parts if len(parts) > 1 and all(len(part) > 1 for part in parts) else []


_FOLDED_STOP_WORDS = frozenset(map(fold, STOP_WORDS))
