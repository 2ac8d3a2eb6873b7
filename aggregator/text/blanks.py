"""Blanks made single, quickly: most of the text that comes here needs nothing done to it.

`str.isprintable` is false for every blank but the space, for control characters and for what takes
no room (soft hyphens, zero-width spaces), and looks at a kilobyte in a microsecond. A search by a
regular expression, or splitting into words, takes five to ten times as long.
"""


def is_even(text: str) -> bool:
    """Whether a text has no blanks but single spaces, and no characters that cannot be seen."""
    return text.isprintable() and "  " not in text


def has_unseen(text: str) -> bool:
    """Whether a text has characters that cannot be seen, beside spaces and line ends."""
    return not (text.isprintable() or text.replace("\n", "").isprintable())


def one_line(text: str) -> str:
    """Return a text with every run of blanks as one space and none at its ends."""
    if "\n" in text:
        return " ".join(filter(None, map(_in_line, text.split("\n"))))
    return _in_line(text)


def _in_line(text: str) -> str:
    return text.strip() if is_even(text) else " ".join(text.split())
