"""Markdown becomes what people see."""

import pytest

from aggregator.text import markdown


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ("# Titel\n\nEin **fetter** und ~~alter~~ Satz.", "Titel\n\nEin fetter und alter Satz."),
        ("- eins\n- zwei", "eins\nzwei"),
        ("| A | B |\n|---|---|\n| 1 | 2 |", "A | B\n1 | 2"),
        ("```py\na < b\n```", "a < b"),
        ("Text<br>mit <b>HTML</b> &amp; mehr", "Text\nmit HTML & mehr"),
        ("<script>x</script>Text", "Text"),
        ("![Bild](a.png) Text", "Text"),
        ("", ""),
    ],
)  # fmt: skip
def test_text_is_plain(told: str, text: str) -> None:
    assert markdown.read(told, "https://amt.example/")[0] == text


@pytest.mark.parametrize(
    ("told", "urls"),
    [
        ("[hier](/a)", ["https://amt.example/a"]),
        ("Siehe https://amt.example/b_c, dann.", ["https://amt.example/b_c"]),
        ("<https://amt.example/d>", ["https://amt.example/d"]),
        ("`https://amt.example/e`", []),
        ("[x]: https://amt.example/f\n\nMehr [dort][x]", ["https://amt.example/f"]),
        ("[https://amt.example/g](https://amt.example/g)", ["https://amt.example/g"]),
    ],
)  # fmt: skip
def test_links_are_found_however_they_are_written(told: str, urls: list[str]) -> None:
    assert [link.url for link in markdown.read(told, "https://amt.example/x/")[1]] == urls


def test_deep_nesting_and_long_text_end() -> None:
    assert markdown.read("> " * 10 + "a", "")[0] == "a"
    assert len(markdown.read(">" * 50_000 + "a", "")[0]) <= 50_001
    assert len(markdown.read("wort " * 1_000_000, "")[0]) <= markdown.MAX_CHARS
