"""The German words of the report: names of what data call by a slug, heads of its tables."""

from collections.abc import Mapping
from typing import NamedTuple

LEVELS: Mapping[str, str] = {
    "bund": "Bund", "foederal": "Föderal", "land": "Land", "kommune": "Kommune",
    "verband": "Verband", "presse": "Presse", "eu": "EU", "unlisted": "nicht in der Quellenliste",
}  # fmt: skip
BLANKS: Mapping[str, tuple[str, str]] = {  # mark, meaning
    "no_source": ("×", "keine Quelle"),
    "unread": ("?", "Quelle noch nie gelesen"),
    "silent": ("0", "Quellen schweigen dazu"),
}
VALUES: Mapping[str, Mapping[str, str]] = {
    "evidence": {
        "human": "von Hand eingetragen", "feed": "aus dem Feed",
        "structured": "aus strukturierten Daten der Seite", "meta": "aus den Kopfangaben der Seite",
        "text": "aus dem Text der Seite", "url": "aus der Adresse",
        "header": "aus der Antwort des Servers", "none": "nicht angegeben",
    },
    "policy": {
        "full": "Volltext", "excerpt": "Auszug", "link": "nur Verweis",
    },
    "reason": {
        "empty": "leer", "selector_empty": "Selektor trifft nichts", "stale": "veraltet",
        "feed_is_html": "Seite statt Feed", "mass_vanish": "zu viel auf einmal verschwunden",
        "identity_lost": "Kennungen verloren", "truncated": "abgeschnitten",
        "parse_failed": "nicht lesbar",
    },
    "state": {
        "ok": "in Ordnung", "unchanged": "unverändert", "suspect": "verdächtig",
        "failed": "gescheitert", "offline": "wir waren offline", "denied": "untersagt (robots.txt)",
        "needs_cookie": "verlangt ein Cookie", "login": "verlangt eine Anmeldung",
        "moved": "umgezogen", "gone": "abgeschaltet", "busy": "belegt", "not_due": "nicht fällig",
        "disabled": "ausgeschaltet", "paused": "angehalten", "unfinished": "läuft oder abgebrochen",
    },
}  # fmt: skip


class Table(NamedTuple):
    """A section as a plain table: what it is called, how it counts, its columns and their heads."""

    caption: str
    how: str
    heads: Mapping[str, str]
    total: bool = False  # a line of sums
    share: tuple[str, str] = ("", "")  # part and whole of a last column in per cent


FRESHNESS = Table(
    "Aktualität je Plattform",
    "Mittleres Alter: Median über die Einträge mit Datum.",
    {"platform": "Plattform", "items": "Einträge", "dated_items": "davon mit Datum",
     "new_items": "erstmals gesehen im Zeitraum", "median_age_days": "Mittleres Alter (Tage)",
     "newest_published_at": "Neuester Eintrag", "last_success_at": "Zuletzt gelesen",
     "sources_current": "Quellen aktuell", "sources_active": "von aktiven",
     "sources": "Quellen insgesamt"},
)  # fmt: skip
QUALITY: Mapping[str, Table] = {
    "dates": Table(
        "Woher das Datum stammt",
        "Anteil: Einträge mit Datum an allen.",
        {"evidence": "Beleg", "items": "Einträge", "dated_items": "mit Datum"},
        total=True, share=("dated_items", "items"),
    ),
    "texts": Table(
        "Text nach Nutzungsregel",
        "Volltext wird nur gespeichert, wo die Regel der Quelle es erlaubt. Anteil: Einträge mit"
        " Volltext oder Auszug an allen.",
        {"policy": "Regel", "items": "Einträge", "with_text": "mit Volltext",
         "with_any": "mit Volltext oder Auszug"},
        total=True, share=("with_any", "items"),
    ),
    "internal_links": Table(
        "Links auf Adressen der Plattformen",
        "Jede Adresse je Eintrag einmal, auch innerhalb einer Plattform und auf frühere Adressen."
        " Tot: beim Herausgeber verschwunden oder mit 404 oder 410 beantwortet. Ungeklärt: nicht im"
        " Index. Anteil: aufgelöste an allen.",
        {"platform": "Ziel", "links": "Links", "resolved": "aufgelöst", "dead": "tot",
         "unresolved": "ungeklärt"},
        total=True, share=("resolved", "links"),
    ),
    "sources": Table(
        "Quellen nach Zustand",
        "Wie der letzte Lauf endete; ausgeschaltete und angehaltene für sich.",
        {"state": "Zustand", "sources": "Quellen"}, total=True,
    ),
    "runs": Table(
        "Läufe im Zeitraum",
        "Läufe, die im Zeitraum begannen, nach ihrem Ende.",
        {"state": "Ende", "runs": "Läufe", "new": "neu", "changed": "geändert",
         "vanished": "verschwunden", "rejected": "abgelehnt", "requests": "Anfragen",
         "not_modified": "davon unverändert (304)"}, total=True,
    ),
    "suspect": Table(
        "Verdächtige Läufe im Zeitraum",
        "Geantwortet, aber nicht glaubhaft: Der alte Bestand blieb stehen.",
        {"source": "Quelle", "reason": "Grund", "runs": "Läufe", "last_at": "zuletzt"}, total=True,
    ),
    "same": Table(
        "Gleicher Inhalt",
        "Eine Gruppe bilden Einträge, die über Paare zusammenhängen.",
        {"groups": "Gruppen", "groups_across": "über mehrere Plattformen",
         "items": "Einträge darin", "pairs": "Paare"},
    ),
    "related": Table(
        "Verwandte Einträge über der Schwelle",
        "Ohne Paare gleichen Inhalts; von Hand verbundene zählen immer.",
        {"pairs": "Paare", "pairs_across": "zwischen Plattformen"},
    ),
}  # fmt: skip
NAMES: Mapping[str, str] = {
    "summary": "Kennzahlen", "matrix": "Linkmatrix der Plattformen",
    "levels": "Linkmatrix der Ebenen", "coverage": "Abdeckung", "freshness": FRESHNESS.caption,
    **{name: table.caption for name, table in QUALITY.items()},
}  # fmt: skip
