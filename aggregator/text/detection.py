"""The encoding of bytes that say nothing of it: German first, then what statistics tell.

Public: `detected`, `wide`.
"""

import codecs

SAMPLE_BYTES = 64 * 1024

_LETTERS = frozenset("äöüÄÖÜß’éèàçêâîôûëïùœÉ")  # the apostrophe is meant
_SIGNS = frozenset("§€à„“”‚‘’–—…«»°•·\u00a0\u00ad©®²³½¼×µ")  # the dashes are meant
_OLD = ("mac_roman", "cp850")
_ENOUGH = 0.9  # of the bytes beyond ASCII must make sense
# What the web is written in: the legacy encodings of the WHATWG standard, less those that only
# rename another, and those of old archives. The rest of Python's codecs wins by accident alone.
_PLAUSIBLE = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258",
    "iso8859_2", "iso8859_3", "iso8859_4", "iso8859_5", "iso8859_6", "iso8859_7", "iso8859_8",
    "iso8859_9", "iso8859_10", "iso8859_13", "iso8859_14", "iso8859_15", "iso8859_16", "koi8_r",
    "koi8_u", "cp866", "cp855", "cp850", "mac_roman", "mac_cyrillic", "tis_620", "big5", "gb18030",
    "gb2312", "euc_jp", "cp932", "shift_jis", "iso2022_jp", "euc_kr", "cp949", "johab",
]  # fmt: skip


def detected(body: bytes) -> str | None:
    """Return the most likely codec of bytes that are no UTF-8, None when nothing fits.

    Args:
        body: At least one byte beyond ASCII; the first `SAMPLE_BYTES` of those around are read.
    """
    sample = body[:SAMPLE_BYTES]
    for encoding in (_western(sample), *_OLD):
        if _sense(sample, encoding) >= _ENOUGH:
            return encoding
    from charset_normalizer import from_bytes  # 40 ms to import, seldom needed

    best = from_bytes(sample, cp_isolation=_PLAUSIBLE).best()
    return best.encoding if best else None


def wide(body: bytes) -> str | None:
    """Return UTF-16 or UTF-32 without a mark: every second byte, or three of four, are zero."""
    sample = body[:SAMPLE_BYTES]
    units = len(sample) // 4
    if units == 0 or sample.count(0) < units:
        return None
    zeros = "".join(
        "0" if sample[n : units * 4 : 4].count(0) > 0.6 * units else "x" for n in range(4)
    )
    return {"x000": "utf-32-le", "000x": "utf-32-be", "x0x0": "utf-16-le", "0x0x": "utf-16-be"}.get(
        zeros
    )


def _sense(sample: bytes, encoding: str) -> float:
    """Return the share of characters beyond ASCII that German text has, where it has them.

    A letter stands beside another letter, a sign does not stand between two.
    """
    text = codecs.decode(sample, encoding, "replace")
    good = total = 0
    for at, char in enumerate(text):
        if char < "\x80":
            continue
        total += 1
        beside = [near.isalpha() for near in (text[at - 1 : at], text[at + 1 : at + 2])]
        good += (char in _LETTERS and any(beside)) or (char in _SIGNS and not all(beside))
    return good / total if total else 0.0


def _western(sample: bytes) -> str:
    """Tell ISO-8859-15 by its euro sign, which stands where others have a sign nobody uses."""
    c1 = any(0x80 <= byte < 0xA0 for byte in sample)
    return "iso8859_15" if b"\xa4" in sample and not c1 else "cp1252"
