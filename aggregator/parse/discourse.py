"""Discourse by its JSON twins: lists of topics, and topics with their posts.

Every list and topic answers JSON at its address with `.json`; addresses inside the answers leave
that out. Lists stand in the order of the last activity, so they are read until a page brings
nothing new. A topic answers with its first twenty posts and the ids of all; the others are asked
for by id (`Parsed.needs`), so that a thread is stored whole or not at all.

Who wrote a post is not read: forum authors are not stored.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aggregator import dates
from aggregator.errors import ParseError
from aggregator.model import (
    Code,
    Entry,
    Evidence,
    Follow,
    ItemKind,
    Page,
    Parsed,
    Part,
    Problem,
    Role,
    Source,
    When,
)
from aggregator.parse.jsonbody import listed, load, mapping, text_of
from aggregator.text import html
from aggregator.urls import resolve

_PLACES = re.compile(
    r"/(?:latest|new|top|hot|unread|posts|categories|c|t|tag|tags)(?:\.json)?(?:/|$)"
)
_OTHER_ORDER = re.compile(r"/(?:top|hot|posts)(?:\.json)?(?:/|$)|/l/(?:top|hot)(?:\.json)?$")
# A quote repeats another post, a mention names a person, the rest labels pictures and previews;
# the preview of an address (onebox) names its site in a header, with the same link as its title.
_DROP = frozenset(
    {"quote", "mention", "mention-group", "lightbox-meta", "meta", "informations", "source"}
)
_REGULAR_POST = 1
SLICE_POSTS = 20
MAX_SLICES = 50
_QUESTION_TAGS = frozenset({"frage", "fragen", "question", "hilfe", "support"})


def parse_discourse(source: Source, page: Page) -> Parsed:
    """Read a list of topics or a topic.

    Returns:
        From a list thin entries, their topics and the next page in `follow`; from a topic one
        entry with question, accepted answer and posts as parts.

    Raises:
        ParseError: JSON that is neither, or a forum that wants a log-in.
    """
    if not page.body.lstrip().startswith((b"{", b"[")):
        # The forum's start page: its list of topics names them all.
        latest = Follow(url=f"{_root(page)}/latest.json", role=Role.INDEX)
        return Parsed(follow=(latest,), complete=True)
    document = load(page)
    if "post_stream" in document:
        return _read_topic(document, source, page)
    if "topic_list" in document:
        return _read_list(mapping(document["topic_list"]), source, page)
    raise ParseError("Die Antwort ist weder Themenliste noch Thema", where=page.final_url,
                     remedy="Als Adresse /latest.json oder /c/NAME/ID.json angeben")  # fmt: skip


def _root(page: Page) -> str:
    """Return the address of the forum, which may live in a folder."""
    parts = urlsplit(page.final_url)
    place = _PLACES.search(parts.path)
    folder = parts.path[: place.start()] if place else parts.path
    return f"{parts.scheme}://{parts.netloc}{folder.rstrip('/')}"


def _read_list(topics: Mapping[str, Any], source: Source, page: Page) -> Parsed:
    rows = [row for row in map(mapping, listed(topics.get("topics"))) if _is_public(row)]
    root = _root(page)
    follow = [
        Follow(url=url, role=Role.INDEX)
        for url in (_more(topics, page),)
        if url and url not in (page.url, page.final_url)
    ]
    entries = []
    for row in rows:
        entry = _thin(row, root, source, page)
        if entry is not None:
            entries.append(entry)
            follow.append(Follow(url=f"{root}/t/{entry.entry_id}.json", role=Role.DETAIL,
                                 lastmod=_state(row, entry)))  # fmt: skip
    problems: tuple[Problem, ...] = ()
    if not rows and page.role is Role.ROOT:
        problems = (Problem(code=Code.EMPTY, message="Die Themenliste ist leer",
                            where=page.final_url),)  # fmt: skip
    return Parsed(entries=tuple(entries), follow=tuple(follow), complete=True, problems=problems,
                  newest_first=_is_by_activity(page))  # fmt: skip


def _is_by_activity(page: Page) -> bool:
    """Whether a list has its default order: `order=` asks for another, some have their own."""
    parts = urlsplit(page.final_url)
    chosen = parse_qs(parts.query).get("order", ["default"])
    return chosen[0] in ("default", "activity") and not _OTHER_ORDER.search(parts.path)


def _state(row: Mapping[str, Any], entry: Entry) -> str | None:
    """Return what moves when a topic should be read again.

    An answer may be accepted, and the last post removed, without any date changing.
    """
    if entry.updated_at is None:
        return None
    solved = "solved" if row.get("has_accepted_answer") is True else ""
    count = text_of(row.get("posts_count")) or ""
    return " ".join(part for part in (entry.updated_at, count, solved) if part)


def _is_public(row: Mapping[str, Any]) -> bool:
    return row.get("archetype") != "private_message" and row.get("visible") is not False


def _more(topics: Mapping[str, Any], page: Page) -> str | None:
    """Return the next page of a list as the interface answers it: with `.json`."""
    path, _, query = (text_of(topics.get("more_topics_url")) or "").partition("?")
    if not path:
        return None
    path = path if path.endswith(".json") else f"{path}.json"
    return resolve(page.final_url, f"{path}?{query}" if query else path)


def _thin(row: Mapping[str, Any], root: str, source: Source, page: Page) -> Entry | None:
    number, title = text_of(row.get("id")), _title(row)
    if not number or not title:
        return None
    return Entry(
        entry_id=number,
        url=_topic_url(root, row, number),
        title=title,
        summary=html.plain(text_of(row.get("excerpt")) or ""),
        published=_published(row, source, page),
        updated_at=max(
            (
                at
                for name in ("last_posted_at", "bumped_at")
                if (at := _at(row.get(name), source, page))
            ),
            default=None,
        ),
        kind=_kind(row, title),
        thin=True,
    )


def _title(row: Mapping[str, Any]) -> str | None:
    """Return the title; `fancy_title` is the same with entities and typographic signs."""
    stated = text_of(row.get("title"))
    return stated or html.plain(text_of(row.get("fancy_title")) or "") or None


def _topic_url(root: str, row: Mapping[str, Any], number: str) -> str:
    slug = text_of(row.get("slug"))
    return f"{root}/t/{slug}/{number}" if slug else f"{root}/t/{number}"


def _kind(row: Mapping[str, Any], title: str) -> ItemKind:
    """Tell questions from other threads: solved, tagged so, or asked in the title."""
    solved = row.get("has_accepted_answer") is True or row.get("accepted_answer") not in (
        None,
        False,
    )
    tags = {str(mapping(tag).get("name") or tag).lower() for tag in listed(row.get("tags"))}
    asked = title.rstrip(" .!").endswith("?")
    return ItemKind.QUESTION if solved or asked or tags & _QUESTION_TAGS else ItemKind.THREAD


def _at(value: object, source: Source, page: Page) -> str | None:
    text = text_of(value)
    return dates.parse(text, zone=source.timezone, now=page.now) if text else None


def _published(row: Mapping[str, Any], source: Source, page: Page) -> When | None:
    at = _at(row.get("created_at"), source, page)
    return When(at=at, evidence=Evidence.STRUCTURED) if at else None


def _read_topic(topic: Mapping[str, Any], source: Source, page: Page) -> Parsed:
    number, title = text_of(topic.get("id")), _title(topic)
    if not number or not title:
        raise ParseError("Ein Thema ohne Kennung oder Titel", where=page.final_url)
    root = _root(page)
    url = _topic_url(root, topic, number)
    thread = _thread(topic, f"{root}/t/{number}", page)
    accepted = _accepted(topic, thread.posts)
    kind = ItemKind.QUESTION if accepted is not None else _kind(topic, title)
    readable = [(post, _blocks(post)) for post in thread.posts if _is_readable(post)]
    parts = tuple(_part(post, blocks, kind, accepted, source, page) for post, blocks in readable)
    entry = Entry(
        entry_id=number,
        url=url,
        title=title,
        text="\n\n".join(part.text for part in parts if part.text),
        published=_published(topic, source, page),
        updated_at=_at(topic.get("last_posted_at"), source, page),
        kind=kind,
        links=html.links((block for _, blocks in readable for block in blocks), url),
        parts=parts,
        aliases=(f"{root}/t/{number}",) if url != f"{root}/t/{number}" else (),
        found_by={"text": "post_stream", "published": "created_at"},
    )
    problems: tuple[Problem, ...] = ()
    if thread.missing:
        message = f"{thread.missing} Beiträge des Themas wurden nicht gelesen"
        problems = (Problem(code=Code.TRUNCATED, message=message, where=url),)
    return Parsed(title=title, entries=(entry,), needs=thread.needs, problems=problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Thread:
    """The posts at hand in their order, the addresses of the others, and how many are missing."""

    posts: list[Mapping[str, Any]]
    needs: tuple[str, ...]
    missing: int


def _thread(topic: Mapping[str, Any], topic_url: str, page: Page) -> _Thread:
    stream = mapping(topic.get("post_stream"))
    first = _posts_of(topic)
    ids = [number for number in listed(stream.get("stream")) if isinstance(number, int)]
    if not ids:
        return _Thread(posts=first, needs=(), missing=0)
    known = {_id(post): post for post in first}
    later = [number for number in ids if number not in known]
    for body in page.more.values():
        with contextlib.suppress(ParseError):  # then its posts stay missing
            known |= {_id(post): post for post in _posts_of(load(replace(page, body=body)))}
    posts = [known[number] for number in ids if number in known]
    needs = tuple(islice(_slices(topic_url, later), MAX_SLICES))
    return _Thread(posts=posts, needs=needs, missing=len(ids) - len(posts))


def _posts_of(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    stream = mapping(body.get("post_stream"))
    return [mapping(post) for post in listed(stream.get("posts"))]


def _id(post: Mapping[str, Any]) -> int | None:
    number = post.get("id")
    return number if isinstance(number, int) else None


def _slices(topic_url: str, missing: list[int]) -> Iterator[str]:
    """Yield the addresses that bring the missing posts, twenty at a time."""
    for start in range(0, len(missing), SLICE_POSTS):
        ids = "&".join(f"post_ids%5B%5D={n}" for n in missing[start : start + SLICE_POSTS])
        yield f"{topic_url}/posts.json?{ids}"


def _is_readable(post: Mapping[str, Any]) -> bool:
    """Whether a post is one: no log of a moderator's action, not hidden, not deleted."""
    return (
        post.get("post_type") in (None, _REGULAR_POST)
        and post.get("hidden") is not True
        and post.get("user_deleted") is not True
        and not post.get("deleted_at")
    )


def _blocks(post: Mapping[str, Any]) -> list[html.Block]:
    root = html.tree(text_of(post.get("cooked")) or "")
    return [] if root is None else html.blocks(root, _DROP)


def _accepted(topic: Mapping[str, Any], posts: Iterable[Mapping[str, Any]]) -> object | None:
    """Return the number of the post that was accepted as the answer (solved plugin)."""
    stated = mapping(topic.get("accepted_answer")).get("post_number")
    marked = (p.get("post_number") for p in posts if p.get("accepted_answer") is True)
    return stated if stated is not None else next(marked, None)


def _part(
    post: Mapping[str, Any], blocks: list[html.Block], kind: ItemKind, accepted: object,
    source: Source, page: Page,
) -> Part:  # fmt: skip
    number = post.get("post_number")
    role = "post"
    if accepted is not None and number == accepted:
        role = "accepted"
    elif number == 1 and kind is ItemKind.QUESTION:
        role = "question"
    at = _at(post.get("created_at"), source, page)
    return Part(role=role, text=html.join(blocks), label=text_of(number) or "", at=at)
