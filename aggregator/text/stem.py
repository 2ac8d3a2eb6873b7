"""Stems: the form under which all inflections of a German word are found.

The lemma of the dictionary first (Museen, geprüft, Räte), then Snowball's German stemmer, which
also works for words that no dictionary has. Verbs and nouns in -ier- are brought together by hand,
since Snowball leaves "digitalisi" and "digitalisier" apart.
"""

import re
from functools import lru_cache

import Stemmer

from aggregator.text.wordforms import WordForms
from aggregator.text.words import fold

# digitalisieren, digitalisiert, digitalisierende, Digitalisierungen; also Papier, Papiere, so that
# the noun and its plural stay one.
_IER = re.compile(
    r"(.{3,}ier)(?:e|en|er|ern|ers|es|n|s|st|t|te|tem|ten|ter|tes|end|ende|enden|ender|endes"
    r"|ung|ungen)?"
)
_CACHE_WORDS = 50_000  # the parts of compounds come again and again


class GermanStemmer:
    """Stems folded words; the answer depends on the word and the table alone."""

    def __init__(self, forms: WordForms) -> None:
        self._forms = forms
        self._snowball = Stemmer.Stemmer("german")
        self._remembered = lru_cache(maxsize=_CACHE_WORDS)(self._find)

    def stem(self, word: str) -> str:
        """Return the stem of a folded word, folded as well."""
        return self._remembered(word)

    def _find(self, word: str) -> str:
        lemma = self._forms.lemma(word) or word
        if match := _IER.fullmatch(lemma):
            return match[1]
        # Snowball reads "ue" as ü and drops the dots, so that Anträge and Antrag meet.
        return fold(self._snowball.stemWord(lemma))
