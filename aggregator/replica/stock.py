"""The hand-written stock of texts and the composer that makes different texts of it.

A file under `texts/` is one theme: `name:`, `topic:`, `field:`, then sections in brackets with one
sentence a line. `{a|b}` are alternatives, `<slot>` is filled from a list of the same name or with
a number, `[[shown::kind::key...]]` is a planted reference. All choice is by hash, so that the same
text comes out on every machine and every version of Python.
"""

import re
from functools import cache
from hashlib import sha256
from importlib import resources

from aggregator.replica.values import Anchor, Sentence, Theme

_ALTERNATIVES = re.compile(r"\{([^{}]*)\}")
_SLOT = re.compile(r"<([a-z0-9]+)>")
# A district takes an article where a town has none, and prepositions merge with it.
_DISTRICT = re.compile(r"\b([Ii]n|von|aus) (?=(?:Landk|K)reis )")
_MERGED = {"in": "im ", "In": "Im ", "von": "vom ", "aus": "aus dem "}
_MARK = re.compile(r"\[\[(.+?)::(.+?)\]\]")
# Slots that are numbers: smallest and largest value.
_NUMBERS = {
    "n": (12, 480),
    "m": (3, 19),
    "p": (11, 94),
    "jahr": (2027, 2030),
    "jahr2": (2017, 2023),
}


def pick(seed: str, count: int) -> int:
    """Return a number below `count` that depends on the seed alone."""
    return int.from_bytes(sha256(seed.encode()).digest()[:6], "big") % count


def digits(seed: str, length: int) -> str:
    """Return upper-case hexadecimal digits, as session ids have them."""
    return sha256(seed.encode()).hexdigest()[:length].upper()


def _sections(name: str) -> dict[str, list[str]]:
    text = resources.files(__package__).joinpath(f"texts/{name}").read_text(encoding="utf-8")
    sections: dict[str, list[str]] = {"": []}
    current = sections[""]
    for line in filter(None, text.splitlines()):
        if line.startswith("[") and line.endswith("]") and "::" not in line:
            current = sections.setdefault(line[1:-1], [])
        else:
            current.append(line)
    return sections


@cache
def themes() -> tuple[Theme, ...]:
    """Return the themes of the first four platforms, by file name."""
    return _themes_in("")


@cache
def every_theme() -> tuple[Theme, ...]:
    """Return those themes and the further ones, which the other platforms write about, too."""
    return themes() + _themes_in("further/")


def _themes_in(folder: str) -> tuple[Theme, ...]:
    names = sorted(
        entry.name
        for entry in resources.files(__package__).joinpath(f"texts/{folder}").iterdir()
        if entry.name.endswith(".txt") and entry.name != "frames.txt"
    )
    return tuple(_theme(name, folder) for name in names)


def _theme(name: str, folder: str) -> Theme:
    sections = _sections(f"{folder}{name}")
    head = dict(line.split(": ", 1) for line in sections[""])
    return Theme(
        id=name.removesuffix(".txt"),
        name=head["name"],
        topic=head["topic"],
        field=head["field"],
        titles=tuple(sections["titel"]),
        sentences=tuple(sections["satz"]),
        questions=tuple(sections["fragen"]),
        problems=tuple(sections["problem"]),
        answers=tuple(sections["antwort"]),
    )


@cache
def frames() -> dict[str, list[str]]:
    """Return the sentences that belong to a form of publication rather than to a theme."""
    return _sections("frames.txt")


def fill(template: str, seed: str, *, use: int = 0, **given: str) -> str:
    """Choose alternatives and fill slots; marks stay.

    Args:
        template: A line of the stock.
        seed: Whatever makes this use different from others.
        use: How often the line was used before: moves on to the next alternative.
        given: Values of slots that the stock does not know.
    """
    text = template
    while (match := _ALTERNATIVES.search(text)) is not None:
        options = match[1].split("|")
        choice = options[(pick(f"{template}{match.start()}", len(options)) + use) % len(options)]
        text = text[: match.start()] + choice + text[match.end() :]
    counter = 0

    def value(slot: re.Match[str]) -> str:
        nonlocal counter
        counter += 1
        if slot[1] in given:
            return given[slot[1]]
        if slot[1] in _NUMBERS:
            low, high = _NUMBERS[slot[1]]
            return str(low + pick(f"{seed}{counter}{template}", high - low + 1))
        names = frames()[slot[1]]
        return names[pick(f"{seed}{counter}{template}", len(names))]

    return _DISTRICT.sub(lambda found: _MERGED[found[1]], _SLOT.sub(value, text))


def sentence(text: str, *, anchor: Anchor | None = None) -> Sentence:
    """Make a sentence of a filled line: marks become planted references or the anchor."""
    references: list[tuple[str, str]] = []

    def shown(mark: re.Match[str]) -> str:
        kind, *keys = mark[2].split("::")
        references.extend((kind, key) for key in keys)
        return mark[1]

    plain = _MARK.sub(shown, text)
    return Sentence(text=plain, references=tuple(references), anchor=anchor)


class Composer:
    """Deals out lines so that each is used seldom and no two texts share many of them."""

    def __init__(self) -> None:
        self._owner = ""
        self._uses: dict[str, list[int]] = {}
        # For each list of lines: text -> the places of the lines that it was dealt.
        self._dealt: dict[str, dict[str, set[int]]] = {}

    def begin(self, owner: str) -> None:
        """Say for which text the following lines are."""
        self._owner = owner

    def of(self, theme: Theme, count: int, seed: str) -> list[Sentence]:
        """Return the next `count` sentences of a theme."""
        return [self._next(theme.id, theme.sentences, seed, theme.name) for _ in range(count)]

    def frame(self, name: str, theme: Theme, count: int, seed: str) -> list[Sentence]:
        """Return the next `count` sentences of a frame, speaking of the theme."""
        return [self._next(name, tuple(frames()[name]), seed, theme.name) for _ in range(count)]

    def lines(self, name: str, lines: tuple[str, ...], count: int, seed: str) -> list[Sentence]:
        """Return the next `count` sentences of any list."""
        return [self._next(name, lines, seed, "") for _ in range(count)]

    def _next(self, name: str, lines: tuple[str, ...], seed: str, thema: str) -> Sentence:
        uses = self._uses.setdefault(name, [0] * len(lines))
        place = self._best(name, uses)
        use = uses[place]
        uses[place] += 1
        self._dealt.setdefault(name, {}).setdefault(self._owner, set()).add(place)
        return sentence(fill(lines[place], f"{seed}{use}", use=use, thema=thema))

    def _best(self, name: str, uses: list[int]) -> int:
        """Choose the line that adds least to what this text shares with any other."""
        dealt = self._dealt.get(name, {})
        own = dealt.get(self._owner, set())
        others = [places for owner, places in dealt.items() if owner != self._owner]

        def cost(place: int) -> tuple[bool, int, int, int]:
            shared = max((len(own & places) for places in others if place in places), default=-1)
            return place in own, shared, uses[place], place

        return min(range(len(uses)), key=cost)
