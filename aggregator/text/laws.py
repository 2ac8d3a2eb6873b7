"""Names of German and European laws: long forms and their short ones, and the Länder behind them.

A table of general knowledge about legal citation. Short forms that follow the usual pattern (two
capitals, ending in G, O, V or B) are recognised without standing here; what stands here are long
names, irregular short forms and what must not be taken for a law.
"""

import re

from aggregator.text.words import word_set

# Long name in the nominative -> short form. Inflected forms (-es, -s, -en) are derived.
LONG_NAMES: dict[str, str] = {
    "Abfallgesetz": "AbfG", "Abgabenordnung": "AO", "Abgeordnetengesetz": "AbgG",
    "Aktiengesetz": "AktG", "Allgemeines Gleichbehandlungsgesetz": "AGG",
    "Arbeitnehmerüberlassungsgesetz": "AÜG", "Arbeitsgerichtsgesetz": "ArbGG",
    "Arbeitsschutzgesetz": "ArbSchG", "Arbeitsstättenverordnung": "ArbStättV",
    "Arbeitszeitgesetz": "ArbZG", "Arzneimittelgesetz": "AMG",
    "Asylbewerberleistungsgesetz": "AsylbLG", "Asylgesetz": "AsylG",
    "Asylverfahrensgesetz": "AsylVfG", "Atomgesetz": "AtG", "Aufenthaltsgesetz": "AufenthG",
    "Aufenthaltsverordnung": "AufenthV", "Aufstiegsfortbildungsförderungsgesetz": "AFBG",
    "Außenwirtschaftsgesetz": "AWG", "Außenwirtschaftsverordnung": "AWV",
    "Barrierefreie-Informationstechnik-Verordnung": "BITV",
    "Barrierefreiheitsstärkungsgesetz": "BFSG", "Baugesetzbuch": "BauGB",
    "Baunutzungsverordnung": "BauNVO", "Bauordnung": "BauO", "Beamtenstatusgesetz": "BeamtStG",
    "Behindertengleichstellungsgesetz": "BGG", "Berufsbildungsgesetz": "BBiG",
    "Berufsqualifikationsfeststellungsgesetz": "BQFG", "Betäubungsmittelgesetz": "BtMG",
    "Betriebsverfassungsgesetz": "BetrVG", "Beurkundungsgesetz": "BeurkG",
    "Bewertungsgesetz": "BewG", "BSI-Gesetz": "BSIG", "Bundes-Immissionsschutzgesetz": "BImSchG",
    "Bundes-Klimaschutzgesetz": "KSG", "Bundesarchivgesetz": "BArchG",
    "Bundesausbildungsförderungsgesetz": "BAföG", "Bundesbeamtengesetz": "BBG",
    "Bundesberggesetz": "BBergG", "Bundesbesoldungsgesetz": "BBesG",
    "Bundesdatenschutzgesetz": "BDSG", "Bundeselterngeld- und Elternzeitgesetz": "BEEG",
    "Bundesfernstraßengesetz": "FStrG", "Bundesgebührengesetz": "BGebG",
    "Bundeshaushaltsordnung": "BHO", "Bundesimmissionsschutzgesetz": "BImSchG",
    "Bundesjagdgesetz": "BJagdG", "Bundeskindergeldgesetz": "BKGG",
    "Bundeskriminalamtgesetz": "BKAG", "Bundesmeldegesetz": "BMG",
    "Bundesnaturschutzgesetz": "BNatSchG", "Bundesnotarordnung": "BNotO",
    "Bundespolizeigesetz": "BPolG", "Bundesrechnungshofgesetz": "BRHG",
    "Bundesrechtsanwaltsordnung": "BRAO", "Bundesreisekostengesetz": "BRKG",
    "Bundesstatistikgesetz": "BStatG", "Bundesteilhabegesetz": "BTHG",
    "Bundesurlaubsgesetz": "BUrlG", "Bundesverfassungsgerichtsgesetz": "BVerfGG",
    "Bundesverfassungsschutzgesetz": "BVerfSchG", "Bundesversorgungsgesetz": "BVG",
    "Bundesvertriebenengesetz": "BVFG", "Bundeswahlgesetz": "BWahlG", "Bundeswahlordnung": "BWO",
    "Bundeswasserstraßengesetz": "WaStrG", "Bundeszentralregister-Gesetz": "BZRG",
    "Bundeszentralregistergesetz": "BZRG", "Bürgerliches Gesetzbuch": "BGB",
    "Chemikaliengesetz": "ChemG", "Datennutzungsgesetz": "DNG",
    "Datenschutz-Grundverordnung": "DSGVO", "Datenschutzgrundverordnung": "DSGVO",
    "De-Mail-Gesetz": "De-Mail-G", "Deutsche Gemeindeordnung": "DGO",
    "Deutsches Richtergesetz": "DRiG", "Dienstleistungsrichtlinie": "DLR",
    "Digitale-Dienste-Gesetz": "DDG", "Digitalgesetz": "DiG", "E-Government-Gesetz": "EGovG",
    "E-Governmentgesetz": "EGovG", "EGovernment-Gesetz": "EGovG", "Ehegesetz": "EheG",
    "eID-Karte-Gesetz": "eIDKG", "eIDAS-Verordnung": "eIDAS-VO", "Eigenbetriebsverordnung": "EigVO",
    "Einführungsgesetz zum Bürgerlichen Gesetzbuche": "EGBGB",
    "Einkommensteuer-Durchführungsverordnung": "EStDV", "Einkommensteuergesetz": "EStG",
    "Embryonenschutzgesetz": "ESchG", "Energiewirtschaftsgesetz": "EnWG",
    "Erbschaftsteuergesetz": "ErbStG", "Erneuerbare-Energien-Gesetz": "EEG",
    "Europawahlgesetz": "EuWG", "Fahrerlaubnis-Verordnung": "FeV", "Fahrerlaubnisverordnung": "FeV",
    "Fahrzeug-Zulassungsverordnung": "FZV", "Fahrzeugzulassungsverordnung": "FZV",
    "Fernunterrichtsschutzgesetz": "FernUSG", "Finanzausgleichsgesetz": "FAG",
    "Finanzgerichtsordnung": "FGO", "Finanzverwaltungsgesetz": "FVG",
    "Flurbereinigungsgesetz": "FlurbG", "Freizügigkeitsgesetz/EU": "FreizügG/EU",
    "Gaststättengesetz": "GastG", "Gebäudeenergiegesetz": "GEG",
    "Gefahrstoffverordnung": "GefStoffV", "Geldwäschegesetz": "GwG",
    "Gemeindehaushaltsverordnung": "GemHVO", "Gemeindeordnung": "GO", "Gentechnikgesetz": "GenTG",
    "Gerichtskostengesetz": "GKG", "Gerichtsverfassungsgesetz": "GVG",
    "Gesetz gegen den unlauteren Wettbewerb": "UWG",
    "Gesetz gegen Wettbewerbsbeschränkungen": "GWB", "Gesetz über Ordnungswidrigkeiten": "OWiG",
    "Gewerbeordnung": "GewO", "Gewerbesteuergesetz": "GewStG", "GmbH-Gesetz": "GmbHG",
    "Grundbuchordnung": "GBO", "Grunderwerbsteuergesetz": "GrEStG", "Grundgesetz": "GG",
    "Grundsteuergesetz": "GrStG", "Güterkraftverkehrsgesetz": "GüKG", "Handelsgesetzbuch": "HGB",
    "Handwerksordnung": "HwO", "Haushaltsgrundsätzegesetz": "HGrG", "Heimgesetz": "HeimG",
    "Hinweisgeberschutzgesetz": "HinSchG", "Hochschulrahmengesetz": "HRG",
    "Identifikationsnummerngesetz": "IDNrG", "Immobilienwertermittlungsverordnung": "ImmoWertV",
    "Infektionsschutzgesetz": "IfSG", "Informationsfreiheitsgesetz": "IFG",
    "Informationsweiterverwendungsgesetz": "IWG", "Insolvenzordnung": "InsO",
    "IT-Staatsvertrag": "IT-StV", "Jugendgerichtsgesetz": "JGG", "Jugendschutzgesetz": "JuSchG",
    "KI-Verordnung": "KI-VO", "Kindertagesstättengesetz": "KiTaG", "Klimaschutzgesetz": "KSG",
    "Kommunalabgabengesetz": "KAG", "Kommunalverfassung": "KV", "Kommunalverfassungsgesetz": "KVG",
    "Kommunalwahlgesetz": "KWahlG", "Konsulargesetz": "KonsG", "Körperschaftsteuergesetz": "KStG",
    "Kraftfahrzeugsteuergesetz": "KraftStG", "Kreditwesengesetz": "KWG",
    "Kreislaufwirtschaftsgesetz": "KrWG", "Kreisordnung": "KrO",
    "Kriegswaffenkontrollgesetz": "KrWaffKontrG", "Kulturgutschutzgesetz": "KGSG",
    "Kündigungsschutzgesetz": "KSchG", "Künstlersozialversicherungsgesetz": "KSVG",
    "Ladenschlussgesetz": "LadSchlG", "Landesbauordnung": "LBO", "Landesdatenschutzgesetz": "LDSG",
    "Landeshaushaltsordnung": "LHO", "Landesverwaltungsgesetz": "LVwG", "Landeswassergesetz": "LWG",
    "Lebensmittel- und Futtermittelgesetzbuch": "LFGB", "Lebenspartnerschaftsgesetz": "LPartG",
    "Lieferkettensorgfaltspflichtengesetz": "LkSG", "Lobbyregistergesetz": "LobbyRG",
    "Luftsicherheitsgesetz": "LuftSiG", "Luftverkehrs-Ordnung": "LuftVO",
    "Luftverkehrsgesetz": "LuftVG", "Markengesetz": "MarkenG", "Medienstaatsvertrag": "MStV",
    "Meldegesetz": "MG", "Mess- und Eichgesetz": "MessEG", "Mindestlohngesetz": "MiLoG",
    "Mutterschutzgesetz": "MuSchG", "Nachweisgesetz": "NachwG",
    "Netzwerkdurchsetzungsgesetz": "NetzDG", "NOOTS-Staatsvertrag": "NOOTS-StV",
    "Online-Sicherheits-Gesetz": "OnlSiG", "Online-Zugangsgesetz": "OZG",
    "Onlinezugangsgesetz": "OZG", "Opferentschädigungsgesetz": "OEG",
    "Ordnungswidrigkeitengesetz": "OWiG", "OZG-Änderungsgesetz": "OZGÄndG",
    "Parteiengesetz": "PartG", "Passgesetz": "PaßG", "Patentgesetz": "PatG",
    "Personalausweisgesetz": "PAuswG", "Personalausweisverordnung": "PAuswV",
    "Personenbeförderungsgesetz": "PBefG", "Personenstandsgesetz": "PStG",
    "Personenstandsverordnung": "PStV", "Pflegezeitgesetz": "PflegeZG", "Postgesetz": "PostG",
    "Preisangabenverordnung": "PAngV", "Produktsicherheitsgesetz": "ProdSG",
    "Prostituiertenschutzgesetz": "ProstSchG", "Prozesskostenhilfegesetz": "PKHG",
    "Raumordnungsgesetz": "ROG", "Rechtsdienstleistungsgesetz": "RDG",
    "Registermodernisierungsgesetz": "RegMoG", "Rundfunkbeitragsstaatsvertrag": "RBStV",
    "Rundfunkstaatsvertrag": "RStV", "Satellitendatensicherheitsgesetz": "SatDSiG",
    "Schulgesetz": "SchulG", "Schwangerschaftskonfliktgesetz": "SchKG",
    "Schwarzarbeitsbekämpfungsgesetz": "SchwarzArbG", "SDG-Verordnung": "SDG-VO",
    "Selbstbestimmungsgesetz": "SBGG", "Signaturgesetz": "SigG", "Soldatengesetz": "SG",
    "Sozialgerichtsgesetz": "SGG", "Sprengstoffgesetz": "SprengG",
    "Staatsangehörigkeitsgesetz": "StAG", "Standortauswahlgesetz": "StandAG",
    "Stasi-Unterlagen-Gesetz": "StUG", "Steuerberatungsgesetz": "StBerG", "Strafgesetzbuch": "StGB",
    "Strafprozessordnung": "StPO", "Strafprozeßordnung": "StPO", "Strafvollzugsgesetz": "StVollzG",
    "Strahlenschutzgesetz": "StrlSchG", "Straßenverkehrs-Ordnung": "StVO",
    "Straßenverkehrs-Zulassungs-Ordnung": "StVZO", "Straßenverkehrsgesetz": "StVG",
    "Straßenverkehrsordnung": "StVO", "Stromsteuergesetz": "StromStG", "Tarifvertragsgesetz": "TVG",
    "Teilzeit- und Befristungsgesetz": "TzBfG",
    "Telekommunikation-Digitale-Dienste-Datenschutz-Gesetz": "TDDDG",
    "Telekommunikation-Telemedien-Datenschutz-Gesetz": "TTDSG", "Telekommunikationsgesetz": "TKG",
    "Telemediengesetz": "TMG", "Terrorismusbekämpfungsgesetz": "TBG",
    "Tierschutzgesetz": "TierSchG", "Transparenzgesetz": "TranspG",
    "Transparenzregistergesetz": "TrRegG", "Transplantationsgesetz": "TPG",
    "Treibhausgas-Emissionshandelsgesetz": "TEHG", "Trinkwasserverordnung": "TrinkwV",
    "Umsatzsteuergesetz": "UStG", "Umweltinformationsgesetz": "UIG",
    "Unterhaltsvorschussgesetz": "UhVorschG", "Unterlagengesetz": "UnterlG",
    "Unternehmensbasisdatenregistergesetz": "UBRegG", "Unterschwellenvergabeordnung": "UVgO",
    "Untersuchungsausschussgesetz": "PUAG", "Urheberrechtsgesetz": "UrhG",
    "Verbraucherinformationsgesetz": "VIG", "Vereinsgesetz": "VereinsG", "Vergabeverordnung": "VgV",
    "Verpackungsgesetz": "VerpackG", "Versammlungsgesetz": "VersG",
    "Vertrauensdienstegesetz": "VDG", "Verwaltungsgerichtsordnung": "VwGO",
    "Verwaltungskostengesetz": "VwKostG", "Verwaltungsverfahrensgesetz": "VwVfG",
    "Verwaltungsvollstreckungsgesetz": "VwVG", "Verwaltungszustellungsgesetz": "VwZG",
    "Völkerstrafgesetzbuch": "VStGB", "Waffengesetz": "WaffG", "Wasserhaushaltsgesetz": "WHG",
    "Wehrpflichtgesetz": "WPflG", "Weimarer Reichsverfassung": "WRV",
    "Wertpapierhandelsgesetz": "WpHG", "Wohngeldgesetz": "WoGG", "Wohnungseigentumsgesetz": "WEG",
    "Zensusgesetz": "ZensG", "Zivildienstgesetz": "ZDG", "Zivilprozessordnung": "ZPO",
    "Zivilprozeßordnung": "ZPO", "Zollkodex": "ZK", "Zuwanderungsgesetz": "ZuwandG",
}  # fmt: skip

# Short forms that the usual pattern does not cover, longest first where one begins another.
IRREGULAR: tuple[str, ...] = (
    "AEUV", "AO", "BAföG", "BITV 2.0", "BayHO", "DA", "DGA", "DMA", "DS-GVO", "DSA", "De-Mail-G",
    "EGBGB", "EGGVG", "EGInsO", "EGStGB", "EGV", "EMRK", "EUV", "FreizügG/EU", "GGO", "GO-BT",
    "GOBT", "GRC", "GRCh", "GemHVO-Doppik", "HOAI", "IT-StV", "InsO", "KI-VO", "KO", "NIS-2-RL",
    "NIS-2-Richtlinie", "NOOTS-StV", "RDG", "SDG-VO", "SigG", "StGB", "TV-L", "TV-V", "TVöD",
    "ThürKO", "UN-BRK", "VOB/A", "VOB/B", "VOF", "VOL/A", "VSF", "WRV", "WissZeitVG", "eIDAS-VO",
    "eIDKG",
)  # fmt: skip

# Two capitals and the right ending, yet no law.
NO_LAW = word_set("""
    ABG ADV AG AGB ARGB BRD BVB CDU CSU DB DDR EDV EG EU FAQ FDP GB GmbH KG KMU LKV MB NGO OHG
    PDF SPD TB TV UB UG UNO URL USA VHB VO WLAN eG gGmbH ÖPNV
""")

# Land -> code, and how its name is written behind a law or before a parliament.
LAND_CODES: dict[str, str] = {
    "Baden-Württemberg": "bw", "Bayern": "by", "Berlin": "be", "Brandenburg": "bb", "Bremen": "hb",
    "Hamburg": "hh", "Hessen": "he", "Mecklenburg-Vorpommern": "mv", "Niedersachsen": "ni",
    "Nordrhein-Westfalen": "nw", "Rheinland-Pfalz": "rp", "Saarland": "sl", "Sachsen": "sn",
    "Sachsen-Anhalt": "st", "Schleswig-Holstein": "sh", "Thüringen": "th",
}  # fmt: skip
LAND_SHORT: dict[str, str] = {
    "Baden-Württemberg": "BW", "Bayern": "BY", "Berlin": "BE", "Brandenburg": "BB", "Bremen": "HB",
    "Hamburg": "HH", "Hessen": "HE", "Mecklenburg-Vorpommern": "MV", "Niedersachsen": "NI",
    "Nordrhein-Westfalen": "NRW", "Rheinland-Pfalz": "RP", "Saarland": "SL", "Sachsen": "SN",
    "Sachsen-Anhalt": "ST", "Schleswig-Holstein": "SH", "Thüringen": "TH",
}  # fmt: skip
# Behind a short form, kept as written: EGovG NRW, KAG M-V, LVwG SH.
LAND_SUFFIX = (
    r"NRW|NW|BW|BaWü|BY|Bay|BE|Bln|BB|Bbg|Brbg|HB|Brem|HH|Hmb|HE|Hess|MV|M-V|NI|Nds|RP|RLP|RhPf|SL|"
    r"Saar|SN|Sachs|Sächs|ST|LSA|SH|S-H|TH|Thür"
)
# "des Bayerischen Digitalgesetzes" is the BayDiG: the adjective becomes a prefix.
LAND_ADJECTIVES: dict[str, str] = {
    "Bayerisch": "Bay", "Sächsisch": "Sächs", "Thüringer": "Thür", "Hessisch": "H",
    "Niedersächsisch": "N", "Saarländisch": "Saarl", "Bremisch": "Brem", "Hamburgisch": "Hmb",
    "Brandenburgisch": "Bbg", "Berliner": "Bln", "Landes": "L",
}  # fmt: skip

_ROMAN = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII",
          "XIV")  # fmt: skip
_ORDINALS = ("", "Erst", "Zweit", "Dritt", "Viert", "Fünft", "Sechst", "Siebt", "Acht", "Neunt",
             "Zehnt", "Elft", "Zwölft", "Dreizehnt", "Vierzehnt")  # fmt: skip
_BOOK = re.compile(
    rf"({'|'.join(filter(None, _ORDINALS))}|Siebent)e[nsr]?\s(?:Buch(?:e?s)?\s(?:des\s)?)?"
    r"(?:Sozialgesetzbuch(?:e?s)?|SGB)(?!\w)"
)
_SGB = re.compile(r"(?:SGB|Sozialgesetzbuch(?:e?s)?)[-\s]{1,2}([IVX]{1,4}|\d{1,2})(?!\w)")
_ALL_SHORT = frozenset({*LONG_NAMES.values(), *IRREGULAR})
_LAND_NAME = "|".join(sorted(LAND_CODES, key=len, reverse=True))
_SUFFIX = re.compile(rf"[\s-](?:{LAND_SUFFIX})(?![\w-])")
_LAND_BEHIND = re.compile(
    r"\s(?:(?:für|des|der|von|in)\s)?(?:(?:das|den|des)\s)?(?:Land(?:es)?\s|Freistaat(?:e?s)?\s)?"
    rf"({_LAND_NAME})(?![\w-])"
)
_ADJECTIVE = re.compile(rf"({'|'.join(LAND_ADJECTIVES)})(?:e[nrs]?)?\s(?=[A-ZÄÖÜ])")
_WORD = r"[A-ZÄÖÜ][A-Za-zÄÖÜäöüß]*(?:[-/][A-Za-zÄÖÜäöüß0-9]+){0,5}"
_NAME = re.compile(rf"e?{_WORD}")
_PAIRED = re.compile(rf"{_WORD}-\sund\s{_WORD}|Bürgerlichen?\s{_WORD}|Allgemeinen?\s{_WORD}")
_ABOUT = re.compile(r"Gesetz(?:es)?\s(?:gegen|über)\s(?:den\sunlauteren\s)?[A-ZÄÖÜ]\w+")
# A law spelt out, its short form in brackets: Gesetz zur Verbesserung des ... (OZG).
_SPELT_OUT = re.compile(
    rf"(?:Gesetz|Verordnung)(?:es)?\s(?:zur|über|für|zum)\s[^().;:§]{{5,160}}"
    rf"\((?:[^()]{{0,60}}[-–,]\s?)?({_WORD})\)"
)
_SHORT = re.compile(r"(?:\d{1,2}\.\s)?[A-ZÄÖÜ][A-Za-zÄÖÜäöüß]*")
_IRREGULAR = re.compile(
    "|".join(re.escape(name) for name in sorted(IRREGULAR, key=len, reverse=True)) + r"(?!\w)"
)
_ENDINGS = ("G", "O", "V", "B")
_LAW_WORDS = re.compile(r"(?:gesetz(?:es)?|gesetzbuch(?:e?s)?|verordnung|staatsvertrag(?:e?s)?)$")
# Words for laws that name none.
_NO_NAME = word_set("""
    Artikelgesetz Ausführungsgesetz Ausführungsverordnung Bundesgesetz Bundesverordnung
    Durchführungsverordnung EU-Verordnung Einführungsgesetz Fachgesetz Grundverordnung
    Landesgesetz Landesverordnung Mantelgesetz Naturgesetz Rechtsverordnung Staatsvertrag
    Stammgesetz Umsetzungsgesetz Zustimmungsgesetz Änderungsgesetz Änderungsstaatsvertrag
    Änderungsverordnung
""")


def law_at(text: str, at: int) -> tuple[str, int] | None:
    """Read the name of a law at an offset.

    Returns:
        Its short form with the Land behind it ("EGovG NRW"), the nominative of a long name that has
        no known short form, and the offset at which the name ends; None when no law stands there.
    """
    if match := _BOOK.match(text, at):
        number = 7 if match[1] == "Siebent" else _ORDINALS.index(match[1])
        return f"SGB {_ROMAN[number]}", match.end()
    if match := _SGB.match(text, at):
        return f"SGB {_roman(match[1])}", match.end()
    return _long(text, at) or _short(text, at)


def law_before(text: str, end: int) -> str | None:
    """Return the known short form that ends at an offset ("OZG" of "OZG § 1a"), else None."""
    match = _KNOWN_BEFORE.search(text, max(0, end - 40), end)
    return match[0].rstrip(" ,\u00a0") if match and match[1] in _ALL_SHORT else None


_KNOWN_BEFORE = re.compile(rf"(?<![\w-])({_WORD})(?:[\s-](?:{LAND_SUFFIX}))?,?\s?$")


def _roman(number: str) -> str:
    """Return the number of a social code in Roman figures, in whichever it is written."""
    if number.isdigit() and int(number) < len(_ROMAN):
        return _ROMAN[int(number)]
    return number


def _long(text: str, at: int) -> tuple[str, int] | None:
    """Read a long name, with the adjective of a Land before it or its name behind it."""
    prefix, start = "", at
    if match := _ADJECTIVE.match(text, at):
        prefix, start = LAND_ADJECTIVES[match[1]], match.end()
    for pattern in (_PAIRED, _ABOUT, _NAME):
        match = pattern.match(text, start)
        name = _nominative(match[0]) if match else ""
        if match and name in LONG_NAMES:
            law = LONG_NAMES[name]
            if not prefix and (land := _LAND_BEHIND.match(text, match.end())):
                return f"{law} {LAND_SHORT[land[1]]}", land.end()
            if not prefix and (suffix := _SUFFIX.match(text, match.end())):
                return f"{law} {suffix[0][1:]}", suffix.end()
            return prefix + law, match.end()
    if match := _SPELT_OUT.match(text, start):
        return match[1], match.end()
    match = _NAME.match(text, start)
    if match and _LAW_WORDS.search(match[0]) and _nominative(match[0]) not in _NO_NAME:
        return text[at:start].replace("en ", "es ") + _nominative(match[0]), match.end()
    return None


def _short(text: str, at: int) -> tuple[str, int] | None:
    """Read a short form: one that is known, or one of the usual shape."""
    match = _IRREGULAR.match(text, at)
    if match is None:
        match = _NAME.match(text, at)
        if match is None or match[0] not in _ALL_SHORT:
            match = _SHORT.match(text, at)
            if match is None or not _is_short_form(match[0]):
                return None
    name, end = match[0], match.end()
    if end < len(text) and text[end].isalnum():
        return None
    if suffix := _SUFFIX.match(text, end):
        return name + suffix[0].replace("\u00a0", " "), suffix.end()
    if land := _LAND_BEHIND.match(text, end):
        return f"{name} {LAND_SHORT[land[1]]}", land.end()
    return ("DSGVO" if name == "DS-GVO" else name), end


def _is_short_form(name: str) -> bool:
    """Whether a word looks like the short form of a law: BayDiG, VwVfG, 4. BImSchV."""
    bare = name.rsplit(maxsplit=1)[-1]
    return (
        bare not in NO_LAW
        and sum(letter.isupper() for letter in bare) > 1
        and bare.endswith(_ENDINGS)
    )


def _nominative(name: str) -> str:
    """Return a long name without the ending of its case."""
    name = " ".join(name.split())
    name = re.sub(r"([Gg]esetz|[Bb]uch|[Vv]ertrag|[Kk]odex)(?:e?s|en?)(?=$| )", r"\1", name)
    return re.sub(r"^(Bürgerliche|Allgemeine)n? ", r"\1s ", name)
