"""Queries that nobody would type, and that somebody will send: a generator, the same every time."""

import random
from collections.abc import Iterator

WORDS = ["Wohngeld", "register", "Gemeinde", "der", "Straße", "strasse", "OZG", "§ 1a OZG", "C++",
         "OZG-Leistung", "Beschluss 2018/36", "2026", "99123456789012", "eID", "BundID", "ﬁ", "İ",
         "ß", "a", "x" * 300, "Donaudampfschifffahrtsgesellschaft"]  # fmt: skip
# What FTS5, SQL, shells, templates and parsers of ours give a meaning.
TOKENS = ["NEAR", "NEAR(", "NEAR(a b, 3)", "AND", "OR", "NOT", "ODER", "UND", "^", "^a", ":", "::",
          "{", "}", "{title body}:", "title:", "- {a}", '"', '""', "'", "*", "a*", "ab*", "**", "+",
          "a + b", "(", ")", "()", "((", "))", "-", "--", "-(", '-"', "“", "”", "„", ",", "\\", "%",
          "_", "?", "?1", "@", "#", "&&", "||", ";", "DROP TABLE item", "' OR 1=1 --", "${7*7}",
          "{{7*7}}", "<script>", "../..", "\x00", "a\x00b", "\x1a", "\x7f", "\ufeff", "\u202e",
          "\ud800", "\udfff", "\uffff", "😀", "👩‍👩‍👧", "e\u0301" * 20, "ref_law", "\t", "\n",
          "\r\n", "http://a.example/?q=b:c", "a:b:c", "12:30"]  # fmt: skip
FIELDS = ["platform:", "platform:ministerium", "plattform:forum", "level:bund", "ebene:kommune",
          "kind:news", "art:Meldung", "topic:bildung", "thema:", "source:forum-feed", "quelle:x",
          "since:2026", "seit:11.2026", "bis:gestern", "until:9999-12-31", "bis:0001-01-01",
          'ref:"§ 1a OZG"', "verweis:", "-kind:news", "kind:news OR", "KIND:NEWS",
          "kind:\ud800", 'platform:"', "titel:x", "kind:" + "x" * 500,
          "since:٢٠٢٦"]  # fmt: skip
JOINTS = [" ", " ", " ", "", " OR ", " -", "(", ") ", ' "', "*", ":"]
HUGE = [1_000, 1_001, 20_000, 1_000_000]


def queries(count: int, seed: int = 5) -> Iterator[str]:
    """Yield queries of one token to a megabyte."""
    rng = random.Random(seed)
    for number in range(count):
        if number % 500 == 499:
            yield _huge(rng)
        elif number % 5 == 4:
            yield _noise(rng)
        else:
            yield _mixed(rng)


def _mixed(rng: random.Random) -> str:
    """Return tokens, words and fields in a row."""
    kinds = rng.choice([[WORDS], [TOKENS], [FIELDS], [WORDS, TOKENS], [WORDS, TOKENS, FIELDS]])
    told = ""
    for _ in range(rng.choice([1, 2, 3, 5, 8, 20, 70])):
        told += rng.choice(rng.choice(kinds)) + rng.choice(JOINTS)
    return told


def _noise(rng: random.Random) -> str:
    """Return characters of one plane or of all."""
    top = rng.choice([0x7F, 0x17F, 0xFFFF, 0x10FFFF])
    return "".join(chr(rng.randrange(top + 1)) for _ in range(rng.randrange(40)))


def _huge(rng: random.Random) -> str:
    """Return one thing so often that it fills a size."""
    unit = rng.choice(
        ["a", "a ", "(", "((a) ", '"a" ', "-a ", "a* ", "a OR ", "kind:news ", "NEAR("]
    )
    return (unit * rng.choice(HUGE))[: rng.choice(HUGE)]
