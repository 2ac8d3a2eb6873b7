"""Names of what data call by a slug: topics by the vocabulary, everything else by the messages."""

from collections.abc import Mapping

from flask import Flask, current_app

from aggregator.config import vocabulary
from web.language import LANGUAGES, known, language, t


def init_app(app: Flask) -> None:
    """Read the vocabulary once, and teach its names to the templates."""
    topics = vocabulary(app.config["DATA"]).topics
    app.config["TOPICS"] = {slug: topic.name for slug, topic in topics.items()}
    app.add_template_global(topic_name)


def topic_slugs() -> list[str]:
    """Return the topics of the vocabulary, in its order."""
    return list(current_app.config["TOPICS"])


def topic_name(slug: str) -> str:
    """Return the name of a topic: the vocabulary's, in another language a translation if any."""
    name = current_app.config["TOPICS"].get(slug, slug)
    return str(name) if language() == LANGUAGES[0] else known(f"topic.{slug}", name)


def label_of(name: str, value: str, platforms: Mapping[str, str]) -> str:
    """Return how a filter is named to a reader: `level` and `bund` as Bund."""
    if name in ("since", "until"):
        return t(f"filter.{name}", day=value)
    if name in ("source", "ref"):
        return t(f"facet.{name}", name=value)
    if name == "dated":
        return t("filter.dated")
    if name == "topic":
        return topic_name(value)
    return platforms.get(value, value) if name == "platform" else known(f"{name}.{value}", value)
