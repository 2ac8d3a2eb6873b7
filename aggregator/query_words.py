"""The words of the query language besides English: names of fields and of their closed values.

German first, since that is what staff type: `art:beschluss` is `kind:decision`. Pure data.
"""

from collections.abc import Mapping

FIELDS = ("platform", "level", "kind", "topic", "source", "since", "until", "ref")
FIELD_NAMES: Mapping[str, str] = {
    **{name: name for name in FIELDS},
    "plattform": "platform", "ebene": "level", "art": "kind", "thema": "topic",
    "quelle": "source", "seit": "since", "ab": "since", "bis": "until", "verweis": "ref",
    "bezug": "ref",
}  # fmt: skip
# The German name that messages use for each field.
GERMAN: Mapping[str, str] = {
    "platform": "plattform", "level": "ebene", "kind": "art", "topic": "thema",
    "source": "quelle", "since": "seit", "until": "bis", "ref": "verweis",
}  # fmt: skip
LEVEL_NAMES: Mapping[str, str] = {
    "bundesebene": "bund", "föderal": "foederal", "länder": "land", "landesebene": "land",
    "kommunen": "kommune", "kommunal": "kommune", "gemeinde": "kommune", "gemeinden": "kommune",
    "verbände": "verband", "federal": "bund", "state": "land", "municipal": "kommune",
    "association": "verband", "press": "presse", "federation-wide": "foederal",
}  # fmt: skip
KIND_NAMES: Mapping[str, str] = {
    "meldung": "news", "meldungen": "news", "nachricht": "news", "nachrichten": "news",
    "pressemitteilung": "press_release", "pressemitteilungen": "press_release",
    "pressemeldung": "press_release", "press release": "press_release",
    "interviews": "interview", "beschluss": "decision", "beschlüsse": "decision",
    "dokument": "document", "dokumente": "document", "datei": "document", "pdf": "document",
    "fragen und antworten": "faq", "frage und antwort": "faq", "frage": "question",
    "fragen": "question", "forumsbeitrag": "thread", "forumsbeiträge": "thread",
    "diskussion": "thread", "forum thread": "thread", "veranstaltung": "event",
    "veranstaltungen": "event", "termin": "event", "termine": "event", "gesetz": "law",
    "gesetze": "law", "leitfäden": "guide", "leitfaden": "guide", "anleitung": "guide",
    "standards": "standard", "version": "release", "versionen": "release", "podcasts": "podcast",
    "leistung": "service", "leistungen": "service", "seite": "page", "seiten": "page",
}  # fmt: skip
