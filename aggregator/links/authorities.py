"""Where what is cited is published officially, when its address follows from the key. Pure.

Only addresses whose shape is fixed: printed papers of the Bundestag (dserver.bundestag.de), the
Bundesgesetzblatt since 2023 (recht.bund.de), federal laws (gesetze-im-internet.de), acts of the EU
(eur-lex.europa.eu, by their European Legislation Identifier), standards and code lists
(xrepository.de), decisions of courts by their ECLI (e-justice.europa.eu). Laws and acts that are
not in the tables have none: a folder may carry a year, an identifier carries the type of the act.
"""

import re

# Short form -> folder at gesetze-im-internet.de. Federal laws only: the short form of a Land's law
# carries the Land behind it, and is another key.
_FOLDERS = {
    "AO": "ao_1977", "AufenthG": "aufenthg_2004", "BAföG": "baf_g", "BauGB": "bbaug",
    "BDSG": "bdsg_2018", "BHO": "bho", "BImSchG": "bimschg", "GastG": "gastg", "IDNrG": "idnrg",
    "IfSG": "ifsg", "UIG": "uig_2005",
    "BEEG": "beeg", "BGB": "bgb", "BGG": "bgg", "BMG": "bmg",
    "EGovG": "egovg", "GG": "gg", "GewO": "gewo", "GWB": "gwb", "HGB": "hgb", "IFG": "ifg",
    "OWiG": "owig_1968", "OZG": "ozg", "PAuswG": "pauswg", "PStG": "pstg",
    "SGB I": "sgb_1", "SGB II": "sgb_2", "SGB III": "sgb_3", "SGB IV": "sgb_4", "SGB V": "sgb_5",
    "SGB VI": "sgb_6", "SGB VII": "sgb_7", "SGB VIII": "sgb_8", "SGB IX": "sgb_9_2018",
    "SGB X": "sgb_10", "SGB XI": "sgb_11", "SGB XII": "sgb_12",
    "StGB": "stgb", "StPO": "stpo", "StVG": "stvg", "StVO": "stvo_2013", "UrhG": "urhg",
    "VwGO": "vwgo", "VwVfG": "vwvfg", "WoGG": "wogg", "ZPO": "zpo",
}  # fmt: skip
# Key -> type, year and number of an act of the EU.
_ACTS = {
    "(EG) 2006/123": "dir/2006/123", "(EU) 910/2014": "reg/2014/910",
    "(EU) 2016/679": "reg/2016/679", "(EU) 2016/2102": "dir/2016/2102",
    "(EU) 2018/1724": "reg/2018/1724", "(EU) 2019/882": "dir/2019/882",
    "(EU) 2019/1024": "dir/2019/1024", "(EU) 2022/868": "reg/2022/868",
    "(EU) 2022/1463": "reg_impl/2022/1463", "(EU) 2022/2065": "reg/2022/2065",
    "(EU) 2022/2555": "dir/2022/2555", "(EU) 2023/2854": "reg/2023/2854",
    "(EU) 2024/903": "reg/2024/903", "(EU) 2024/1183": "reg/2024/1183",
    "(EU) 2024/1689": "reg/2024/1689",
}  # fmt: skip
_BY_NAME = {"DSGVO": "(EU) 2016/679"}  # acts of the EU that are cited like laws
_LAW = re.compile(r"(.+) (§|Art\.) (\d+[a-z]?)")


def official_url(kind: str, key: str) -> str | None:
    """Return the official address of what is cited; None where none follows from the key.

    Args:
        kind: Of the reference (`text.references`).
        key: Its normal form.
    """
    found = _OFFICIAL.get(kind)
    return found(key) if found else None


def _law(key: str) -> str | None:
    """Return the address of a section of a federal law; of the whole act for one of the EU."""
    found = _LAW.fullmatch(key)
    if found is None:
        return None
    law, mark, number = found.groups()
    if law in _BY_NAME:
        return _act(_BY_NAME[law])
    if law not in _FOLDERS:
        return None
    page = f"__{number}" if mark == "§" else f"art_{number}"
    return f"https://www.gesetze-im-internet.de/{_FOLDERS[law]}/{page}.html"


def _act(key: str) -> str | None:
    return f"https://eur-lex.europa.eu/eli/{_ACTS[key]}/oj" if key in _ACTS else None


def _paper(key: str) -> str | None:
    found = re.fullmatch(r"bt:(\d+)/(\d+)", key)
    if found is None:
        return None
    term, number = found[1], found[2].zfill(5)
    return f"https://dserver.bundestag.de/btd/{term}/{number[:3]}/{term}{number}.pdf"


def _gazette(key: str) -> str | None:
    found = re.fullmatch(r"bgbl-([12])/(\d{4})/(\d+)", key)
    return f"https://www.recht.bund.de/bgbl/{'/'.join(found.groups())}/VO.html" if found else None


def _standard(key: str) -> str | None:
    is_urn = re.fullmatch(r"urn:xoev-de:[\w.:-]+", key)
    return f"https://www.xrepository.de/details/{key}" if is_urn else None


def _judgement(key: str) -> str | None:
    is_ecli = re.fullmatch(r"ECLI:[A-Z]{2}:[\w.:]+", key)
    return f"https://e-justice.europa.eu/ecli/{key}" if is_ecli else None


_OFFICIAL = {
    "law": _law, "eu": _act, "drs": _paper, "bgbl": _gazette, "xoev": _standard,
    "ecli": _judgement,
}  # fmt: skip
