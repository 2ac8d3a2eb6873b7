"""Legal and administrative references: what is found, what is left alone, and in what time."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.text import references

FOUND = """
Grundlage sind § 2 Abs. 5 OZG und Art. 91c Abs. 5 GG. => law OZG § 2; law GG Art. 91c
§§ 1, 2 und 5 bis 7 OZG => law OZG § 1; law OZG § 2; law OZG § 5; law OZG § 7
§§ 3 Abs. 1 und 8 OZG => law OZG § 3; law OZG § 8
§§ 3 Abs. 1, 4 Abs. 2 OZG => law OZG § 3; law OZG § 4
§ 2a Abs. 3 Satz 2 Nr. 1, 2 und 4 WoGG => law WoGG § 2a
§ 3 Abs. 2 i. V. m. § 5 AufenthG => law AufenthG § 3; law AufenthG § 5
§ 1 Absatz 2 und 3 OZG => law OZG § 1
§ 1 Abs. 1 und Abs. 3 sowie § 2 OZG => law OZG § 1; law OZG § 2
§ 5 des E-Government-Gesetzes NRW => law EGovG NRW § 5
§ 12 EGovG-LSA => law EGovG-LSA § 12
Art. 13 und 14 der Datenschutz-Grundverordnung => law DSGVO Art. 13; law DSGVO Art. 14
Art. 6 Abs. 1 UAbs. 1 Buchst. c DS-GVO => law DSGVO Art. 6
Artikel 20 des Grundgesetzes => law GG Art. 20
§ 35a des Achten Buches Sozialgesetzbuch => law SGB VIII § 35a
§ 11 SGB 2 => law SGB II § 11
§ 433 des Bürgerlichen Gesetzbuchs => law BGB § 433
§ 15 des Bundeselterngeld- und Elternzeitgesetzes => law BEEG § 15
§ 4 des Kleingartenlandgesetzes => law Kleingartenlandgesetz § 4
§ 12 der Gemeindeordnung für das Land Nordrhein-Westfalen => law GO NRW § 12
§ 5 des Bayerischen Digitalgesetzes => law BayDiG § 5
§ 41 GemO Rheinland-Pfalz => law GemO RP § 41
§ 1 KAG M-V; § 6 LBO BW => law KAG M-V § 1; law LBO BW § 6
§ 1 der 4. BImSchV => law 4. BImSchV § 1
OZG § 1a, § 2 => law OZG § 1a; law OZG § 2
§ 35 II 2 VwVfG, § 3 f. OZG, §§ 7ff. OZG => law VwVfG § 35; law OZG § 3; law OZG § 7
§ 3 des Gesetzes zur Förderung des Probierens (Probiergesetz – ProbG) => law ProbG § 3
Die Beschlüsse 2020/39 und 2021/12 des IT-Planungsrats => itplr itplr:2020/39; itplr itplr:2021/12
Der IT-Planungsrat (Beschluss 2019/7) stimmt zu. => itplr itplr:2019/07
Der IT-Planungsrat beriet in seiner 39. Sitzung. => itplr_session 39
Die 45. und 46. Sitzung des IT-PLR => itplr_session 45; itplr_session 46
Bundestagsdrucksachen 19/27426 und 20/8093 => drs bt:19/27426; drs bt:20/8093
Der Hessische Landtag hat die Drucksache 20/5678 beraten. => drs he:20/5678
Das Abgeordnetenhaus behandelte Drucksache 19/1234. => drs be:19/1234
Die Bremische Bürgerschaft nahm Drs. 20/45 zur Kenntnis. => drs hb:20/45
Die Hamburgische Bürgerschaft (Drs. 22/45) => drs hh:22/45
LT-Drs. 18/123 (Schleswig-Holstein) => drs sh:18/123
Der Bundesrat fragte, der Bundestag beschloss Drs. 20/99. => drs bt:20/99
Der Rat verwies auf Drucksache 226/23 des Bundesrates. => drs br:226/23
Die Bundesregierung antwortete auf Drucksache 17/1234. => drs ?:17/1234
OZG vom 14. August 2017 (BGBl. I S. 3122) => bgbl bgbl-1:2017:3122
BGBl. I 2017, 3122; BGBl. 2023 I Nr. 88 => bgbl bgbl-1:2017:3122; bgbl bgbl-1/2023/88
Bundesgesetzblatt Teil I Nr. 245 vom 23. Juli 2024 => bgbl bgbl-1/2024/245
G v. 19.7.2024 I Nr. 245 => bgbl bgbl-1/2024/245
https://www.recht.bund.de/bgbl/1/2025/163/VO.html => bgbl bgbl-1/2025/163
Verordnung (EU) Nr. 1025/2012, Richtlinie 2014/24/EU => eu (EU) 1025/2012; eu (EU) 2014/24
EU-Verordnung 2018/1724 => eu (EU) 2018/1724
Verordnung (EU, Euratom) 2020/2092 => eu (EU) 2020/2092
Leistungsschlüssel: 99 108 003 001 000 => leika 99108003001000
Die OZG-Leistungen 10092 und 10169 => ozg_id 10092; ozg_id 10169
OZG-Leistung „Wohngeld“ (10092) => ozg_id 10092
S00000114_1.1, G60000083 => fim S00000114V1.1; fim G60000083
https://schema.example/fim/s00000114_1.1.schema.json => fim S00000114V1.1
AGS 05 5 70 044; ARS 09 1 62 0000 000 => ags 05570044; ars 091620000000
urn:xoev-de:kosit:standard:xta => xoev urn:xoev-de:kosit:standard:xta
ECLI:EU:C:2014:317. => ecli ECLI:EU:C:2014:317
BVerfG, 1 BvR 209/83; EuGH, Rs. C-131/12 => court 1 BvR 209/83; court C-131/12
VG Köln, Az. 13 K 4567/19 => court 13 K 4567/19
"""
LEFT_ALONE = """
Der MPK-Beschluss 2018/36 bleibt unberührt.
Der IT-Planungsrat nahm den Beschluss 2018/36 der Wirtschaftsministerkonferenz zur Kenntnis.
Der Stadtrat hat mit Beschluss 2024/13 die Satzung erlassen.
Der Rat der Stadt beschloss die Drucksache 123/2024.
§ 5 der Hauptsatzung, § 3 des Mietvertrags, § 7 AGB
Artikel 3 des Gesetzes vom Vortag; Artikel 4 der Serie
Kapitel 3 B 12/20 im Handbuch; Raum 3 A 12/13
Rechnung 2024/1234/EU-Lager
Die OZG-Tagung 2024 in 10115 Berlin
Bestellung 99107023011000X und D1234567
Die Tarife gelten nach E 13.
Die 46. Sitzung des Ausschusses lobte den IT-Planungsrat.
"""


@pytest.mark.parametrize("row", FOUND.strip().splitlines(), ids=lambda row: str(row)[:40])
def test_references_are_found_with_their_keys(row: str) -> None:
    text, _, wanted = row.partition(" => ")

    found = references.find(text)

    assert "; ".join(f"{one.kind} {one.key}" for one in found) == wanted
    assert all(text[one.start : one.end] == one.text for one in found)


@pytest.mark.parametrize("text", LEFT_ALONE.strip().splitlines(), ids=lambda text: str(text)[:40])
def test_what_names_nothing_is_left_alone(text: str) -> None:
    assert references.find(text) == []


def test_a_blank_line_separates_contexts_and_offsets_go_on() -> None:
    text = "Der IT-Planungsrat tagte.\n \nBeschluss 2018/36 gilt.\n\nNach § 1a OZG."

    (only,) = references.find(text)

    assert (only.key, text[only.start : only.end]) == ("OZG § 1a", "§ 1a OZG")


def test_a_reference_goes_over_a_line_end() -> None:
    (only,) = references.find("Nach § 1a\nOZG, wie gesagt")

    assert only.key == "OZG § 1a"


@pytest.mark.parametrize(
    ("identifier", "key"),
    [("BT-Drs. 17/1234", ("drs", "bt:17/1234")), ("BT 17/1234", None),
     ("17/1234", ("drs", "?:17/1234")), ("bt:17/1234", ("drs", "bt:17/1234")),
     ("Beschluss 2018/36", ("itplr", "itplr:2018/36")), ("2018/6", ("itplr", "itplr:2018/06")),
     ("itplr:2018/36", ("itplr", "itplr:2018/36")), ("99107023011000", ("leika",
     "99107023011000")), ("bgbl-1/2024/245", ("bgbl", "bgbl-1/2024/245")),
     ("S00000114V1.1", ("fim", "S00000114V1.1"))],
)  # fmt: skip
def test_identifiers_need_no_context(identifier: str, key: tuple[str, str] | None) -> None:
    assert references.normal_identifiers([identifier, identifier]) == ([key] if key else [])


@settings(deadline=None)
@given(st.text(alphabet="§ 123/.,abSBGVODrucksache-()EU9\n", max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    last = 0
    for one in references.find(text):
        assert last <= one.start < one.end <= len(text)
        assert text[one.start : one.end] == one.text
        last = one.end


@pytest.mark.parametrize(
    "piece",
    ["§ 1 Abs. 1 und ", "§§ 1, ", "Art. 1 ", "§ 1 des ", "Beschluss 2018/36, ", "Drs. 17/1, ",
     "17/1234, ", "BGBl. I ", "Verordnung (EU) ", "1 A 1/1", "I ", "99", "AGS 0", "OZG-Leistung ",
     "urn:de:a:", "S0000", "ECLI:DE:A:2000:A.", "46. und ", "Landtag ",
     "Landtag Drs. 17/1, ", "BT Az. 1 A 1/12 ", "Az. ", "a-", "(", "§",
     "Gesetz zur ", "IT-", "1/", "vom 1. ", "A"],
)  # fmt: skip
def test_time_is_linear_in_hostile_text(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    begin = time.process_time()

    references.find(text)

    assert time.process_time() - begin < 3
