"""Where what is cited is published officially, when its address follows from the key. Pure.

Only addresses whose shape is fixed: printed papers of the Bundestag (dserver.bundestag.de), the
Bundesgesetzblatt since 2023 (recht.bund.de), federal laws (gesetze-im-internet.de), standards and
code lists (xrepository.de), decisions of courts by their ECLI (e-justice.europa.eu).
"""

import re

# Short form -> folder at gesetze-im-internet.de. Federal laws only: the short form of a Land's law
# carries the Land behind it, and is another key.
_FOLDERS = {
    "AO": "ao_1977", "AufenthG": "aufenthg_2004", "BauGB": "bbaug", "BDSG": "bdsg_2018",
    "BEEG": "beeg", "BGB": "bgb", "BGG": "bgg", "BMG": "bmg",
    "EGovG": "egovg", "GG": "gg", "GewO": "gewo", "GWB": "gwb", "HGB": "hgb", "IFG": "ifg",
    "OWiG": "owig_1968", "OZG": "ozg", "PAuswG": "pauswg", "PStG": "pstg",
    "SGB I": "sgb_1", "SGB II": "sgb_2", "SGB III": "sgb_3", "SGB IV": "sgb_4", "SGB V": "sgb_5",
    "SGB VI": "sgb_6", "SGB VII": "sgb_7", "SGB VIII": "sgb_8", "SGB IX": "sgb_9_2018",
    "SGB X": "sgb_10", "SGB XI": "sgb_11", "SGB XII": "sgb_12",
    "StGB": "stgb", "StPO": "stpo", "StVG": "stvg", "StVO": "stvo_2013", "UrhG": "urhg",
    "VwGO": "vwgo", "VwVfG": "vwvfg", "WoGG": "wogg", "ZPO": "zpo",
}  # fmt: skip
_LAW = re.compile(r"(.+) (§|Art\.) (\d+[a-z]?)")


def official_url(kind: str, key: str) -> str | None:
    """Return the official address of what is cited; None where none follows from the key.

    Args:
        kind: Of the reference (`text.references`).
        key: Its normal form.
    """
    if kind == "law":
        return _law(key)
    if kind == "drs" and (m := re.fullmatch(r"bt:(\d+)/(\d+)", key)):
        term, number = m[1], m[2].zfill(5)
        return f"https://dserver.bundestag.de/btd/{term}/{number[:3]}/{term}{number}.pdf"
    if kind == "bgbl" and (m := re.fullmatch(r"bgbl-([12])/(\d{4})/(\d+)", key)):
        return f"https://www.recht.bund.de/bgbl/{m[1]}/{m[2]}/{m[3]}/VO.html"
    if kind == "xoev" and re.fullmatch(r"urn:xoev-de:[\w.:-]+", key):
        return f"https://www.xrepository.de/details/{key}"
    if kind == "ecli" and re.fullmatch(r"ECLI:[A-Z]{2}:[\w.:]+", key):
        return f"https://e-justice.europa.eu/ecli/{key}"
    return None


def _law(key: str) -> str | None:
    """Return the address of a section of a federal law."""
    found = _LAW.fullmatch(key)
    if found is None or found[1] not in _FOLDERS:
        return None
    page = f"__{found[3]}" if found[2] == "§" else f"art_{found[3]}"
    return f"https://www.gesetze-im-internet.de/{_FOLDERS[found[1]]}/{page}.html"
