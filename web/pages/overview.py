"""Start page, lists of items, platforms, topics."""

from dataclasses import replace

from flask import Blueprint, Response, g, request, url_for

from aggregator.errors import NotFoundError
from aggregator.store import reads, reads_matrix, reads_overview
from aggregator.store.reads import Document
from web import access, parameters
from web.access import Need, needs
from web.answers import answer, as_feed, here, link, page
from web.database import database, now
from web.entries import as_entries
from web.frame import frame
from web.language import day_of, t
from web.memo import counted
from web.words import label_of, topic_name, topic_slugs

pages = Blueprint("overview", __name__)
FEED_LENGTH = 50


@page(pages, "/")
def start() -> Response:
    """Show what is new, much linked, the topics and how the crawl fares."""
    account = access.user()
    document = reads_overview.start_page(
        database(), now(), since=parameters.since(), visit=account.since_at if account else None,
        counting=counted,
    )  # fmt: skip
    day, slugs = now(), tuple(topic_slugs())
    document["topics"] = counted(
        ("fresh topics", reads_overview.day_begin(day, 7), slugs),
        lambda db: reads_overview.fresh_topics(db, day, slugs),
    )
    return answer(
        "start.html", document, new_url=_new_url(document),
        week_ago=day_of(reads_overview.day_begin(now(), 7)),
    )  # fmt: skip


def _new_url(document: Document) -> str:
    """Return the address of the list that holds what the start page counts as new."""
    if document["seen_since"]:
        return link("overview.newest", seen_since=document["seen_since"],
                    since=day_of(document["since"]), dated=1)  # fmt: skip
    return link("overview.newest", since=day_of(document["since"]), dated=1)


@page(pages, "/items", "csv", "atom")
def newest() -> Response:
    """List items, newest first, filtered by platform, source, kind, level, topic and time."""
    chosen = replace(parameters.selection(), news=g.form == "atom")
    items, after = reads.newest(
        database(), chosen, limit=parameters.limit(), cursor=request.args.get("cursor")
    )
    document = {
        "total": counted(("count", chosen), lambda db: reads.count_items(db, chosen)),
        "items": items,
        "next": here("json", cursor=after) if after else None,
    }
    return answer(
        "list.html", document, title=t("list.title"), rows=items, entries=as_entries(items),
        next_page=here(cursor=after) if after else None, filters=filters(),
    )  # fmt: skip


def filters() -> list[dict[str, str]]:
    """Return the active filters with the address of the list without each."""
    names = frame()["names"]
    told = []
    for name in ("platform", "source", "kind", "level", "topic", "state", "evidence", "policy",
                 "since", "until", "seen_since", "dated"):  # fmt: skip
        for value in filter(None, request.args.getlist(name)):
            left = [other for other in request.args.getlist(name) if other != value]
            url = here(**{"cursor": None, name: left})
            told.append({"label": label_of(name, value, names), "url": url})
    return told


@page(pages, "/platforms", "csv")
def platforms() -> Response:
    """List the platforms with their size and state."""
    told = reads_overview.platforms(database(), now(), counted)
    return answer(
        "platforms.html", {"platforms": told}, title=t("platforms.title"),
        rows=[{name: row[name] for name in ("id", "name", "level", "url", "items", "newest_at")}
              for row in told],
    )  # fmt: skip


@page(pages, "/platforms/<platform>")
def platform(platform: str) -> Response:
    """Show a platform: profile, sources, newest items, who links to whom."""
    document = reads_overview.platform_page(database(), platform, now(), counted)
    return answer("platform.html", document, title=document["platform"]["name"])


@pages.get("/platforms/<platform>/counterparts.atom", defaults={"form": "atom"})
@needs(Need.READING)
def counterparts(platform: str) -> Response:
    """Feed of what other platforms say on the subjects of this one, each with the reason."""
    found = reads_overview.platform_page(database(), platform, now())["platform"]
    told = reads_matrix.counterparts(database(), platform, FEED_LENGTH)
    entries = [
        {
            "item": row["item"],
            "summary": t(f"counterpart.{row['kind']}", title=row["counterpart"]["title"]),
            "url": url_for("items.item", item_id=row["item"]["id"], _external=True),
        }
        for row in told
    ]
    title = t("counterpart.title", name=found["name"])
    return as_feed(title, entries)


@page(pages, "/topics")
def topics() -> Response:
    """List the topics."""
    day, slugs = now(), tuple(topic_slugs())
    told = counted(
        ("topics", reads_overview.day_begin(day, 7), slugs),
        lambda db: reads_overview.topics(db, day, slugs),
    )
    document = {"topics": told}
    week_ago = day_of(reads_overview.day_begin(now(), 7))
    return answer("topics.html", document, title=t("topics.title"), week_ago=week_ago)


@page(pages, "/topics/<topic>", "csv", "atom")
def topic(topic: str) -> Response:
    """Show who writes about a topic, and its newest items."""
    document = reads_overview.topic_page(
        database(), topic, limit=parameters.limit(), cursor=request.args.get("cursor"),
        fresh=g.form == "atom", counting=counted,
    )  # fmt: skip
    if not document["total"] and topic not in topic_slugs():
        raise NotFoundError(
            "dieses Themenfeld gibt es nicht",
            where=topic,
            remedy="die Liste der Themenfelder öffnen",
        )
    after = document.pop("cursor")
    document["next"] = here("json", cursor=after) if after else None
    return answer(
        "topic.html", document, title=topic_name(topic), rows=document["items"],
        entries=as_entries(document["items"]), next_page=here(cursor=after) if after else None,
    )  # fmt: skip
