"""German words that look like compounds and are read as one, and short words that are parts.

General German, not the vocabulary of administration: what an installation wants cut otherwise
stands in its vocabulary (`split_exceptions`). Folded: small letters, umlauts spelt out.
"""

from aggregator.text.words import word_set

WHOLE = word_set("""
    abenteuer anlage antwort anwalt arbeiter architektur aufgabe aufwand augenblick ausdruck
    ausland ausweis barriere beispiel beitrag bekanntmachung bericht bescheid bescheinigung besitz
    bescheinigungen betrieb betriebe demokratie dienstag dienstleistung donnerstag einfuehrung
    einheit einkommen einrichtung entgelt europaeisch fahrzeug februar feiertag fortschritt
    frankreich freitag freund friedhof gebrauch gegenstand gegenwart gehalt geheimnis gelegenheit
    genossenschaft gesamt gesellschaft gesichtspunkt gewerkschaft gleichstellung gottesdienst
    grossbritannien grundlage grundsatz handlung handwerk handwerker haushalt herausforderung
    hochzeit inhaber inhalt jahrhundert jahrzehnt jahrtausend klimatisch landschaft landwirt
    landwirtschaft maerz mannschaft massnahme meinung merkmal minister misstrauen mitglied mittag
    mittwoch montag nachbar nachhaltigkeit nachricht nachweis nahrung neuigkeit notwendig
    notwendigkeit oberflaeche offenheit oesterreich orchester partner partnerschaft politik
    protokoll rahmen rechnung register reihenfolge reparatur republik richtlinie samstag
    schriftsteller schwierigkeit selbststaendig selbststaendigkeit selbstaendig selbstaendigkeit
    sonnabend sonntag sprache staatsangehoerigkeit standort standpunkt strategie studierende
    tatsache teilhabe teilnahme teilnehmer teilnehmerin thema umgang umland umwelt universitaet
    unterhalt unterlage unternehmen unternehmer unterricht unterschied unterschrift unterstuetzung
    ursache ursprung urteil verantwortliche verantwortung verband verein verfahren vergangenheit
    vollzug vorteil weiterbildung werkzeug widerspruch wirklichkeit wirtschaft wissenschaft
    wohltaetigkeit zeitschrift zeitung zukunft zusammenhang zustand baden bayern berlin
    brandenburg bremen deutschland duesseldorf hamburg hannover hessen magdeburg mecklenburg
    muenchen niedersachsen nordrhein potsdam rheinland saarbruecken saarland sachsen schleswig
    schwerin stuttgart thueringen vorpommern westfalen wiesbaden
""")
# Parts of three letters that are words of their own; others of that length are chance.
SHORT_PARTS = word_set("""
    abo akt alt amt app arm art bad bau box bus ehe eid eis erb fan fax gas gau gut hof huf hut
    job jod kfz kuh kur lkw los mai mut neu not oel ohr ort ost pkw rad rat rot see ski tag tal
    tat tee tod ton tor typ uhr web weg zoo zug
""")
