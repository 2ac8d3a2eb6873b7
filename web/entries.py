"""Items as entries of our own feeds."""

from collections.abc import Iterable
from typing import Any

from flask import url_for

from aggregator.store.reads import Document


def as_entries(items: Iterable[Document]) -> list[dict[str, Any]]:
    """Return items as entries for `atom.feed`, each with its snippet where it has one."""
    return [
        {
            "item": item,
            "summary": item.get("snippet", ""),
            "url": url_for("items.item", item_id=item["id"], _external=True),
        }
        for item in items
    ]
