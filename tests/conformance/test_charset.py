"""Encodings of real documents, told by their folders; detection alone, since most say nothing.

Runs where QUERVERWEIS_CORPUS names a folder with `charset/chardet/<encoding>/<file>` and
`charset/html5lib-encoding/*.dat`.
"""

import codecs
import os
import re
from pathlib import Path

import pytest

from aggregator.text import prescan
from aggregator.text.charset import decode

FOLDER = Path(os.environ.get("QUERVERWEIS_CORPUS", "-")) / "charset"
GERMAN = ("ascii", "utf", "windows-1252", "iso-8859-1")
# The standard ends an unquoted value, or one without its end, where we go on.
MORE_LENIENT = (b'content="text/html; charset=iso8859-2">', b'charset=iso8859-2">')

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="QUERVERWEIS_CORPUS is not set")


def codec_of(folder: str) -> str | None:
    """Return the codec that a folder is named after ("windows-1250-czech")."""
    words = {"MacCyrillic": "mac_cyrillic"}.get(folder, folder).split("-")
    for length in range(len(words), 0, -1):
        try:
            return codecs.lookup("-".join(words[:length])).name
        except LookupError:
            continue
    return None


def is_read(file: Path, codec: str) -> bool:
    body = file.read_bytes()
    truth = body.decode(codec, "replace").replace("\ufeff", "").replace("\0", "")
    return decode(body).replace("\ufeff", "") == truth


def test_german_encodings_are_read_and_most_of_the_others() -> None:
    files = [file for file in (FOLDER / "chardet").rglob("*") if file.is_file()]
    verdicts = {file: is_read(file, codec) for file in files
                if (codec := codec_of(file.parent.name))}  # fmt: skip
    german = [right for file, right in verdicts.items()
              if re.match("|".join(GERMAN) + r"(?!\d|-)", file.parent.name.lower())]  # fmt: skip

    assert len(german) >= 15
    assert sum(german) >= 0.97 * len(german)
    assert sum(verdicts.values()) >= 0.94 * len(verdicts)


def test_what_a_page_says_of_itself_is_what_browsers_read() -> None:
    wrong = []
    for file in (FOLDER / "html5lib-encoding").rglob("*.dat"):
        for case in re.split(rb"(?m)^#data\n", file.read_bytes())[1:]:
            data, _, told = case.partition(b"\n#encoding\n")
            wanted = codecs.lookup(told.strip().decode("ascii")).name
            if not data.startswith(codecs.BOM_UTF8) and read_as(data) != wanted:
                wrong.append(data)

    assert [data for data in wrong if not any(known in data for known in MORE_LENIENT)] == []


def read_as(data: bytes) -> str:
    for label in prescan.declared(data):
        try:
            name = codecs.lookup(label.strip("\"'")).name
        except LookupError:
            continue
        return "cp1252" if name == "iso8859-1" else name
    return "cp1252"
