"""Names of what data call by a slug: topics by the vocabulary, everything else by the messages."""

from collections.abc import Callable, Mapping

from flask import Flask, current_app

from aggregator.config import vocabulary
from web.language import LANGUAGES, known, language, short, t


def init_app(app: Flask) -> None:
    """Read the vocabulary once, and teach its names to the templates."""
    topics = vocabulary(app.config["DATA"]).topics
    app.config["TOPICS"] = {slug: topic.name for slug, topic in topics.items()}
    app.add_template_global(topic_name)
    app.add_template_global(topic_slugs)


def topic_slugs() -> list[str]:
    """Return the topics of the vocabulary, in its order."""
    return list(current_app.config["TOPICS"])


def topic_name(slug: str) -> str:
    """Return the name of a topic: the vocabulary's, in another language a translation if any."""
    name = current_app.config["TOPICS"].get(slug, slug)
    return str(name) if language() == LANGUAGES[0] else known(f"topic.{slug}", name)


def label_of(name: str, value: str, platforms: Mapping[str, str]) -> str:
    """Return how a filter is named to a reader: `level` and `bund` as Bund."""
    if name in _LABELS:
        return _LABELS[name](value)
    return platforms.get(value, value) if name == "platform" else known(f"{name}.{value}", value)


_LABELS: Mapping[str, Callable[[str], str]] = {
    "since": lambda value: t("filter.since", day=value),
    "until": lambda value: t("filter.until", day=value),
    "seen_since": lambda value: t("filter.seen_since", day=short(value)),
    "source": lambda value: t("facet.source", name=value),
    "ref": lambda value: t("facet.ref", name=value),
    "dated": lambda _value: t("filter.dated"),
    "topic": lambda value: t("topic.none") if value == "none" else topic_name(value),
    "state": lambda value: known(f"state.{value}", "") or value,
}
