"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/) of lists, with the ids of the Atom feed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from web.atom import entry_id, instant, instant_of

VERSION = "https://jsonfeed.org/version/1.1"
MEDIA_TYPE = "application/feed+json"


def json_feed(title: str, page: str, own: str, entries: Sequence[Mapping[str, Any]]) -> str:
    """Return a feed; the arguments are those of `atom.feed`."""
    told = {
        "version": VERSION,
        "title": title,
        "home_page_url": page,
        "feed_url": own,
        "authors": [{"name": "Querverweis"}],
        "items": [_item(entry) for entry in entries],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _item(told: Mapping[str, Any]) -> dict[str, Any]:
    item = told["item"]
    row = {
        "id": entry_id(item),
        "url": item["url"],
        "title": item["title"] or item["url"],
        "content_text": told["summary"],  # required even where nothing may be shown
        "date_modified": instant_of(item),
        "tags": [item["platform"], item["kind"]],
        "_querverweis": {"page": told["url"], "first_seen_at": item["first_seen_at"]},
    }
    if item["published_at"]:
        row["date_published"] = instant(item["published_at"])
    if item["authors"]:
        row["authors"] = [{"name": name} for name in item["authors"]]
    if item["language"]:
        row["language"] = item["language"]
    return row
