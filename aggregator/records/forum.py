"""An export of a Discourse forum: how a forum for members alone hands over what may be shown.

Read are the file that Discourse's own exporter writes (`topics` with their `posts`, as Markdown),
and topics as the forum's interface answers them (`post_stream`), one or a list. Who wrote a post is
not read; private messages, hidden and deleted posts are left out.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aggregator import dates
from aggregator.errors import ParseError
from aggregator.model import Code, Entry, Evidence, ItemKind, Link, Part, When
from aggregator.records.rejected import Rejected
from aggregator.text import html, markdown

MAX_BYTES = 500_000_000
_BEGINNING = 64 * 1024
_REGULAR_POST = 1
_TOPICS = re.compile(rb'"(?:topics|post_stream)"\s*:')
# A quote repeats another post and names who wrote it.
_QUOTE = re.compile(r"\[quote[^\]]*\].*?\[/quote\]", re.DOTALL | re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w/.@])@[\w.-]+")
_DROP = frozenset({"quote", "mention", "mention-group", "lightbox-meta", "meta", "source"})

Row = Mapping[str, Any]


def topics(file: Path) -> Sequence[Row] | None:
    """Return the topics of an export, None when the file is none.

    Raises:
        ParseError: The file cannot be read, or is too large.
    """
    try:
        with file.open("rb") as stream:
            if not _TOPICS.search(stream.read(_BEGINNING)):
                return None
        if file.stat().st_size > MAX_BYTES:
            raise ParseError(f"größer als {MAX_BYTES:,} Bytes", code=Code.TOO_LARGE,
                             where=str(file), remedy="je Kategorie exportieren")  # fmt: skip
        document = json.loads(file.read_bytes())
    except OSError as error:
        raise ParseError(f"nicht lesbar: {error.strerror}", where=str(file)) from error
    except (ValueError, RecursionError):
        return None  # one record a line
    if isinstance(document, dict):
        document = [document] if "post_stream" in document else document.get("topics")
    if not isinstance(document, list):
        return None
    return [row for row in document if isinstance(row, dict)]


def read(rows: Sequence[Row], now: str) -> Iterator[tuple[int, Entry | Rejected]]:
    """Yield the topics of an export, counted from 1; those that are not public are left out."""
    for number, row in enumerate(rows, start=1):
        if row.get("archetype") == "private_message" or row.get("visible") is False:
            continue
        if not row.get("deleted_at"):
            yield number, _entry(number, row, now)


def _entry(line: int, topic: Row, now: str) -> Entry | Rejected:
    number, title = topic.get("id"), " ".join(str(topic.get("title") or "").split())
    if not isinstance(number, int) or not title:
        return Rejected(line=line, code=Code.IDENTITY_LOST, message="Thema ohne Kennung oder Titel")
    posts = [post for post in _posts(topic) if _is_readable(post)]
    if not posts:
        return Rejected(line=line, code=Code.EMPTY, message=f"Thema {number} ohne Beiträge")
    accepted = _accepted(topic, posts)
    kind = ItemKind.QUESTION if accepted is not None or title.endswith("?") else ItemKind.THREAD
    contents = [_content(post) for post in posts]
    parts = tuple(
        Part(role=_role(post, kind, accepted), text=text, label=str(post.get("post_number") or ""),
             at=_at(post, now))
        for post, (text, _) in zip(posts, contents, strict=True)
    )  # fmt: skip
    created = _date(topic.get("created_at"), now) or parts[0].at
    return Entry(
        entry_id=str(number),
        title=title,
        text="\n\n".join(part.text for part in parts if part.text),
        published=When(at=created, evidence=Evidence.STRUCTURED) if created else None,
        updated_at=max((part.at for part in parts if part.at), default=None),
        kind=kind,
        links=tuple(link for _, links in contents for link in links),
        parts=parts,
    )


def _posts(topic: Row) -> list[Row]:
    stream = topic.get("post_stream")
    posts = stream.get("posts") if isinstance(stream, dict) else topic.get("posts")
    rows = [post for post in posts if isinstance(post, dict)] if isinstance(posts, list) else []
    return sorted(rows, key=lambda post: post.get("post_number") or 0)


def _is_readable(post: Row) -> bool:
    return (
        post.get("post_type") in (None, _REGULAR_POST)
        and post.get("hidden") is not True
        and post.get("user_deleted") is not True
        and not post.get("deleted_at")
    )


def _accepted(topic: Row, posts: Sequence[Row]) -> object:
    """Return the number of the post that was accepted as the answer, None when there is none."""
    stated = topic.get("accepted_answer")
    if isinstance(stated, dict) and stated.get("post_number") is not None:
        number: object = stated["post_number"]
        return number
    fields = topic.get("custom_fields")
    by_id = str(fields.get("accepted_answer_post_id")) if isinstance(fields, dict) else None
    marked = (
        post.get("post_number") for post in posts
        if post.get("accepted_answer") is True or str(post.get("id")) == by_id
    )  # fmt: skip
    return next(marked, None)


def _role(post: Row, kind: ItemKind, accepted: object) -> str:
    if accepted is not None and post.get("post_number") == accepted:
        return "accepted"
    return "question" if post.get("post_number") == 1 and kind is ItemKind.QUESTION else "post"


def _content(post: Row) -> tuple[str, tuple[Link, ...]]:
    """Return the text of a post and its links; `cooked` is HTML, `raw` Markdown."""
    if isinstance(post.get("cooked"), str):
        root = html.tree(str(post["cooked"]))
        found = [] if root is None else html.blocks(root, _DROP)
        return html.join(found), html.links(found, "")
    raw = _QUOTE.sub("", str(post.get("raw") or ""))
    return markdown.read(_MENTION.sub("", raw), "")


def _at(post: Row, now: str) -> str | None:
    return _date(post.get("created_at"), now)


def _date(value: object, now: str) -> str | None:
    return dates.parse(value, now=now) if isinstance(value, str) else None
