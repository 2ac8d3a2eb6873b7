"""Every key of `sources.yaml`, once: what is read, what the JSON Schema says, what editors show.

Names of keys are names of fields in `model.py`; docs/sources.md explains each (a test checks it).
"""

from typing import Any

from aggregator.config import values
from aggregator.config.document import Mapping, Node, Scalar, Sequence
from aggregator.config.mistakes import Notes
from aggregator.config.shapes import Flag, Key, ListOf, Number, Section, Text, choice, members
from aggregator.model import (
    Budget,
    Expect,
    ItemKind,
    Level,
    Operator,
    Platform,
    Policy,
    Site,
    Source,
    SourceKind,
)
from aggregator.parse.presets import PRESETS

# What `expect.required` may name: fields of an entry that a publisher may leave out.
REQUIRABLE = ("title", "url", "text", "summary", "published_at")

LABEL = Text(expects="einen Text", convert=values.some_text, constraints={"minLength": 1})
ANY_TEXT = Text(expects="einen Text", constraints={})
ID = Text(expects="eine Kennung", convert=values.identifier,
          constraints={"pattern": values.ID_PATTERN})  # fmt: skip
ADDRESS = Text(expects="eine Adresse mit https://", convert=values.address,
               constraints={"pattern": "^https?://[^\\s/@]+[^\\s]*$"})  # fmt: skip
MONTH = Text(expects="einen Monat wie 2025-05", convert=values.month,
             constraints={"pattern": values.MONTH_PATTERN})  # fmt: skip
DURATION = Text(expects="eine Dauer wie 30m", convert=values.duration,
                constraints={"pattern": values.DURATION_PATTERN})  # fmt: skip
POSITIVE = Text(expects="eine Dauer wie 30m", convert=values.positive_duration,
                constraints={"pattern": values.DURATION_PATTERN})  # fmt: skip
INTERVAL = Text(expects="adaptive oder eine Dauer wie 2h", convert=values.interval,
                constraints={"pattern": "^(adaptive|[0-9]+[smhd])$"})  # fmt: skip
FILTERS = ListOf(Text(expects="einen Filter", convert=values.url_filter,
                      constraints={"minLength": 1}))  # fmt: skip
SELECTOR = Text(expects="einen CSS-Selektor", convert=values.selector,
                constraints={"minLength": 1})  # fmt: skip

OPERATOR = Section("Betreiber", (
    Key(name="name", shape=LABEL, required=True, about="Name des Betreibers"),
    Key(name="since", shape=MONTH, about="Erster Monat, JJJJ-MM"),
    Key(name="until", shape=MONTH, about="Letzter Monat, JJJJ-MM"),
), Operator)  # fmt: skip


class Operators:
    """The operator of a platform: a name, or a list of names with the months of their time."""

    def read(self, node: Node, notes: Notes, name: str) -> tuple[Operator, ...] | None:
        """Return the operators in the order of the file."""
        if isinstance(node, Scalar):
            told = LABEL.read(node, notes, name)
            return (Operator(name=told),) if told else None
        if isinstance(node, Mapping) or not node.items:
            notes.add(node.line, f"„{name}“ ist weder ein Name noch eine Liste von Betreibern",
                      "einen Namen oder „- {name: …, since: 2025-05}“ eintragen")  # fmt: skip
            return None
        return self._list(node, notes, name)

    def _list(self, node: Sequence, notes: Notes, name: str) -> tuple[Operator, ...]:
        operators = []
        for item in node.items:
            operator = OPERATOR.read(item, notes, name)
            if operator and operator.since and operator.until and operator.since > operator.until:
                notes.add(item.line, f"„{operator.name}“ endet vor dem Beginn",
                          "„since“ und „until“ vertauschen oder berichtigen")  # fmt: skip
            operators.append(operator)
        return tuple(operator for operator in operators if operator)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"anyOf": [LABEL.schema(), {**ListOf(OPERATOR).schema(), "minItems": 1}]}


SITE = Section("Angaben zur Installation", (
    Key(name="title", shape=LABEL, about="Name des Index, steht auf jeder Seite"),
    Key(name="operator", shape=ANY_TEXT, about="Wer diese Installation betreibt"),
    Key(name="contact", shape=ANY_TEXT, about="E-Mail oder Adresse für Rückfragen"),
    Key(name="official_banner", shape=ANY_TEXT, about="Kopfzeile offizieller Angebote"),
), Site)  # fmt: skip

PLATFORM = Section("Plattform", (
    Key(name="id", shape=ID, required=True, about="Kennung, ändert sich nie"),
    Key(name="name", shape=LABEL, required=True, about="Voller Name"),
    Key(name="short_name", required=True, about="Kurzname, höchstens 14 Zeichen",
        shape=Text(expects="einen Kurznamen", convert=values.short_name,
                   constraints={"minLength": 1, "maxLength": values.MAX_SHORT_NAME})),
    Key(name="level", required=True, about="Föderale Ebene",
        shape=members(Level, expects="eine Ebene wie bund oder kommune")),
    Key(name="operator", shape=Operators(), required=True,
        about="Betreiber: ein Name, oder eine Liste mit Zeiträumen"),
    Key(name="url", shape=ADDRESS, required=True, about="Startseite"),
    Key(name="former", shape=ListOf(ADDRESS),
        about="Frühere Adressen; Links dorthin gelten als Links hierher"),
    Key(name="licence", shape=LABEL, about="Lizenz der Inhalte"),
    Key(name="access", about="Zugang: offen, nach Registrierung, geschlossen",
        shape=choice(("open", "registration", "closed"), expects="open, registration oder closed")),
), Platform)  # fmt: skip

BUDGET = Section("Budget", (
    Key(name="requests", shape=Number(least=1, most=100_000), about="Anfragen je Lauf"),
    Key(name="time", shape=POSITIVE, about="Dauer je Lauf"),
), Budget)  # fmt: skip

EXPECT = Section("Erwartung", (
    Key(name="min_entries", shape=Number(least=0, most=1_000_000),
        about="So viele Einträge hat jede Antwort mindestens"),
    Key(name="max_age", shape=POSITIVE, about="So alt ist der neueste Eintrag höchstens"),
    Key(name="max_vanish", shape=Number(least=0, most=1, whole=False),
        about="Dieser Anteil der Einträge darf auf einmal verschwinden"),
    Key(name="required", about="Felder, die jeder Eintrag hat",
        shape=ListOf(choice(REQUIRABLE, expects="ein Feld wie title"))),
), Expect)  # fmt: skip

SELECTOR_KEYS = Section("Selektoren", (
    Key(name="item", shape=SELECTOR, about="Der Kasten eines Eintrags"),
    Key(name="link", shape=SELECTOR, about="Der Link darin"),
    Key(name="title", shape=SELECTOR, about="Der Titel darin"),
    Key(name="date", shape=SELECTOR, about="Das Datum darin"),
    Key(name="summary", shape=SELECTOR, about="Der Anreißer darin"),
    Key(name="next", shape=SELECTOR, about="Der Link zur nächsten Seite der Liste"),
), dict)  # fmt: skip

PAGE_SELECTOR_KEYS = Section("Selektoren der Seiten", (
    Key(name="title", shape=SELECTOR, about="Der Titel auf der Seite hinter einem Eintrag"),
    Key(name="date", shape=SELECTOR, about="Das Datum der Veröffentlichung"),
    Key(name="content", shape=SELECTOR, about="Der Text, auch in mehreren Teilen"),
    Key(name="drop", shape=SELECTOR, about="Was nicht zum Inhalt gehört"),
), dict)  # fmt: skip

SOURCE = Section("Quelle", (
    Key(name="id", shape=ID, required=True, about="Kennung, ändert sich nie"),
    Key(name="platform", shape=ID, required=True, about="Kennung der Plattform"),
    Key(name="kind", required=True, about="Wie die Quelle gelesen wird",
        shape=members(SourceKind, expects="eine Art wie feed oder sitemap")),
    Key(name="url", shape=ADDRESS, about="Adresse; nur bei kind: manual entbehrlich"),
    Key(name="item_kind", about="Was die Einträge sind",
        shape=members(ItemKind, expects="eine Art wie news")),
    Key(name="include", shape=FILTERS,
        about="Nur Adressen, deren Pfad dies enthält; „re:“ leitet einen regulären Ausdruck ein"),
    Key(name="exclude", shape=FILTERS, about="Ohne Adressen, deren Pfad dies enthält"),
    Key(name="details", about="Ob die Seite hinter einem Eintrag geholt wird",
        shape=choice(("auto", "always", "never"), expects="auto, always oder never")),
    Key(name="every", shape=INTERVAL, about="Abstand der Abrufe; adaptive passt sich an"),
    Key(name="budget", shape=BUDGET, about="Was ein Lauf höchstens verbraucht"),
    Key(name="expect", shape=EXPECT, about="Was die Quelle liefern muss, sonst ist sie verdächtig"),
    Key(name="policy", about="Wie viel Text gespeichert und gezeigt wird",
        shape=members(Policy, expects="full, excerpt oder link")),
    Key(name="licence", shape=LABEL, about="Lizenz, wenn anders als die der Plattform"),
    Key(name="timezone", about="Zeitzone von Angaben ohne Zone",
        shape=Text(expects="eine Zeitzone wie Europe/Berlin", convert=values.timezone,
                   constraints={"minLength": 1})),
    Key(name="language", about="Sprache, wenn der Eintrag keine nennt",
        shape=Text(expects="eine Sprache wie de", convert=values.language,
                   constraints={"pattern": values.LANGUAGE_PATTERN})),
    Key(name="delay", shape=DURATION, about="Abstand zweier Anfragen, wenn größer als der übliche"),
    Key(name="preset", about="Fertige Selektoren für kind: listing",
        shape=choice(tuple(PRESETS), expects="eine Vorlage wie gsb-c oder typo3-news")),
    Key(name="selectors", shape=SELECTOR_KEYS, about="Eigene Selektoren für kind: listing"),
    Key(name="page_selectors", shape=PAGE_SELECTOR_KEYS,
        about="Eigene Selektoren für die Seiten hinter den Einträgen"),
    Key(name="enabled", shape=Flag(), about="Ob die Quelle abgerufen wird"),
), Source)  # fmt: skip

ROOT = Section("Quellenliste", (
    Key(name="site", shape=SITE, about="Angaben zur Installation"),
    Key(name="platforms", shape=ListOf(PLATFORM), about="Wo Quellen liegen"),
    Key(name="sources", shape=ListOf(SOURCE), about="Was gelesen wird"),
), dict)  # fmt: skip

# title of a section in docs/sources.md -> its keys
SECTIONS = {
    "site": SITE, "platforms": PLATFORM, "operator": OPERATOR, "sources": SOURCE,
    "budget": BUDGET, "expect": EXPECT, "selectors": SELECTOR_KEYS,
    "page_selectors": PAGE_SELECTOR_KEYS,
}  # fmt: skip
