"""German word forms with what they are worth as parts of compounds, read from a table on disk.

simplemma (MIT) ships a million German word forms with their lemmas. Loading them costs a second and
107 MB, so that is done once, in a process of its own, which also counts for each form how many
other words begin with it (`modifiers`, linking element included: "hunde", "grund", "verwaltungs")
and how many end with it (`heads`). These family sizes stand in for corpus frequencies where a
corpus is small. The table is then mapped into memory: a few pages per process, shared by all.

Files of a table, in a folder named after its version: `keys.marisa` (a marisa trie of folded forms)
and `values.bin` (native arrays by key id: modifiers and heads as uint16, lemma id as uint32).
"""

import importlib.metadata
import mmap
import os
import shutil
import subprocess
import sys
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import marisa_trie

from aggregator.text.versions import TABLE_VERSION
from aggregator.text.words import fold, word_set

_KEYS, _VALUES = "keys.marisa", "values.bin"
_LONGEST = 24  # letters; longer forms are compounds, which the splitter understands by itself
_COUNT_CAP = 65_535  # uint16

# Neither a part nor a family: prefixes and particles in front, endings behind.
PREFIXES = word_set("""
    ab an auf aus be bei da dar durch ein ent er fort ge gegen her herab heran herauf heraus herbei
    herein herum herunter hervor hin hinaus hinein hinter hinweg hinzu in inter los miss mit nach
    nieder ob ohne statt ueber um un unter ur ver vor voran voraus vorbei vorueber weg weiter wider
    wieder zer zu zurecht zurueck zusammen zuwider zwischen der die das den dem des und oder sich
    nicht einer eine eines einen einem sein seine wird auch sind noch mehr sehr wenn dass
""")
SUFFIXES = word_set("""
    bar bare baren chen dung ente ende enden ender endes erei gen gung haft haften heit heiten iert
    ieren ierung innen inne ion ionen ions isch ische ischen ischer isches ismus ist isten keit
    keiten kung lein lich liche lichen licher ling linge los lose losen loser lung ler ner nis nisse
    nung rin rung sam same samen schaft schaften schafts sung tel ter tion tionen tions tum tung
    tuemer ung ungen
""")


class WordForms:
    """The table of one folder; open it with `WordForms.open`."""

    def __init__(
        self, keys: marisa_trie.Trie, values: memoryview, folder: Path | None = None
    ) -> None:
        size = len(keys)
        self._keys = keys
        self._values = values
        self._folder = folder  # None: in memory alone
        self._modifiers = values[: 2 * size].cast("H")
        self._heads = values[2 * size : 4 * size].cast("H")
        self._lemmas = values[4 * size : 8 * size].cast("I")

    @classmethod
    def open(cls, folder: Path) -> "WordForms":
        """Map the table in `folder`, built first where it is missing (some ten seconds).

        Safe when processes race: each builds in a folder of its own, the first rename wins.

        Raises:
            OSError: The folder cannot be written, or the building process failed.
        """
        target = folder / f"wordforms-{TABLE_VERSION}-{importlib.metadata.version('simplemma')}"
        if not target.is_dir():
            _build_aside(target)
        keys = marisa_trie.Trie()
        keys.mmap(str(target / _KEYS))
        with (target / _VALUES).open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return cls(keys, memoryview(mapped), folder)

    @classmethod
    def of(cls, lemmas: Mapping[str, str]) -> "WordForms":
        """Build a table in memory from word forms and their lemmas, in their usual spelling."""
        keys, values = _table(lemmas.items())
        return cls(keys, memoryview(values))

    def __reduce__(self) -> tuple[Callable[..., "WordForms"], tuple[object, ...]]:
        """Let another process open the same table, or give it the one in memory."""
        if self._folder is not None:
            return WordForms.open, (self._folder,)
        return WordForms._from_bytes, (self._keys.tobytes(), bytes(self._values))

    @classmethod
    def _from_bytes(cls, keys: bytes, values: bytes) -> "WordForms":
        return cls(marisa_trie.Trie().frombytes(keys), memoryview(values))

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, word: str) -> bool:
        return word in self._keys

    def prefixes(self, word: str) -> list[str]:
        """Return all known forms with which a folded word begins, shortest first."""
        found: list[str] = self._keys.prefixes(word)
        return found

    def modifiers(self, form: str) -> int:
        """Return how many words begin with a folded form and go on with another noun."""
        key = self._keys.get(form)
        return self._modifiers[key] if key is not None else 0

    def heads(self, form: str) -> int:
        """Return how many compounds end with a folded form, or with the noun that it inflects."""
        key = self._keys.get(form)
        return self._heads[key] if key is not None else 0

    def lemma(self, form: str) -> str | None:
        """Return the folded lemma of a folded form, None for an unknown form."""
        key = self._keys.get(form)
        if key is None:
            return None
        lemma: str = self._keys.restore_key(self._lemmas[key])
        return lemma


def _build_aside(target: Path) -> None:
    """Build a table in a process of its own, which takes its memory with it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "aggregator.text.wordforms", str(aside)],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise OSError(f"Wortformen nicht erzeugt: {done.stderr.strip()[-500:]}")
        try:
            aside.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _table(pairs: Iterable[tuple[str, str]]) -> tuple[marisa_trie.Trie, bytes]:
    """Return the trie and the arrays of all forms."""
    lemmas, nouns = _folded(pairs)
    modifiers, heads = _families(lemmas, nouns)
    for form in nouns:
        family = heads.get(lemmas[form], 0)
        if family > heads.get(form, 0):
            heads[form] = family
    words = {form for form in lemmas if len(form) <= _LONGEST}
    words.update(modifiers)
    keys = marisa_trie.Trie(words)
    size = len(keys)
    counts, tails, roots = array("H", bytes(2 * size)), array("H", bytes(2 * size)), array("I")
    roots.frombytes(bytes(4 * size))
    for word in words:
        key = keys[word]
        counts[key] = min(modifiers.get(word, 0), _COUNT_CAP)
        tails[key] = min(heads.get(word, 0), _COUNT_CAP)
        roots[key] = keys.get(lemmas.get(word, word), key)
    return keys, counts.tobytes() + tails.tobytes() + roots.tobytes()


def _folded(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, str], set[str]]:
    """Return folded form -> folded lemma, and which forms are nouns; nouns go first."""
    lemmas: dict[str, str] = {}
    nouns: set[str] = set()
    for form, lemma in pairs:
        if not form.isalpha():
            continue
        word = fold(form)
        if form[0].isupper() and lemma[0].isupper():
            if word not in nouns:
                nouns.add(word)
                lemmas[word] = fold(lemma)
        elif word not in lemmas and form[0].islower() and lemma[0].islower():
            lemmas[word] = fold(lemma)
        else:
            lemmas.setdefault(word, word)
    return {word: _root(word, lemmas) for word in lemmas}, nouns


def _root(word: str, lemmas: Mapping[str, str]) -> str:
    """Return the lemma that is its own lemma; where lemmas go in a circle, the least of it."""
    seen = [word]
    while (lemma := lemmas.get(seen[-1], seen[-1])) != seen[-1]:
        if lemma in seen:
            return min(seen[seen.index(lemma) :])
        seen.append(lemma)
    return lemma


def _families(lemmas: Mapping[str, str], nouns: set[str]) -> tuple[Counter[str], Counter[str]]:
    """Count how many nouns begin with each modifier and end with each head."""
    heads = {word for word in nouns if len(word) > 2} - SUFFIXES - PREFIXES
    known = {word for word in lemmas if len(word) > 2} - PREFIXES
    begin: Counter[str] = Counter()
    end: Counter[str] = Counter()
    for noun in nouns:
        if lemmas[noun] != noun:
            continue
        for cut in range(3, len(noun) - 2):
            head = noun[cut:]
            if head in heads:
                first = noun[:cut]
                if (
                    first in known
                    or (first[-1] == "s" and first[:-1] in known)
                    or first + "e" in known
                    or first + "en" in known
                ):
                    begin[first] += 1
                    end[head] += 1
    return begin, end


def build(folder: Path) -> None:
    """Write the table of simplemma's German forms into an existing folder."""
    from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

    dictionary = DefaultDictionaryFactory(cache_max_size=1).get_dictionary("de")
    keys, values = _table(dictionary.items())
    keys.save(str(folder / _KEYS))
    with (folder / _VALUES).open("wb") as file:
        file.write(values)
        file.flush()
        os.fsync(file.fileno())


if __name__ == "__main__":
    build(Path(sys.argv[1]))
