"""What moderators decide on the page of an item: what fits, its topics, links added by hand."""

from typing import Any

from flask import Blueprint, Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from aggregator import importing, urls
from aggregator.clock import stamp
from aggregator.errors import AggregatorError, NotFoundError, QueryError
from aggregator.model import Entry
from aggregator.store import judging, reads_names
from aggregator.store.decisions import PAIRS
from aggregator.store.judging import Judge
from web import access, forms
from web.access import Need
from web.answers import action, shown
from web.database import connected, database, now, writing
from web.language import t
from web.words import topic_slugs

pages = Blueprint("deciding", __name__)
NOTE_CHARS = 500
FIELDS = ("url", "title", "note", "topic", "related", "source")


def judge(why: str = "") -> Judge:
    """Return who decides now."""
    account = access.account()
    return Judge(name=account.name, role=str(account.role), at=stamp(now()), why=why)


@action(pages, "/items/<item_id>/judge", Need.MODERATOR)
def pair(item_id: str) -> Redirect:
    """Take "fits" or "does not fit" on a pair of items."""
    kind, other = forms.text("kind"), forms.text("other")
    if kind not in PAIRS:
        raise QueryError(f"{kind!r} gibt es nicht", where="kind",
                         remedy="erlaubt sind " + ", ".join(PAIRS))  # fmt: skip
    with writing() as db:
        judging.judge_pair(db, kind, item_id, other, judge())
    place = "verwandt" if kind.endswith("related") else "gleich"
    return redirect(url_for("items.item", item_id=item_id, _anchor=place), 303)


@action(pages, "/items/<item_id>/topic", Need.MODERATOR)
def topic(item_id: str) -> Redirect:
    """Take that an item belongs to a topic, or does not."""
    slug, fits = _topic(forms.text("topic")), forms.text("fits") == "1"
    if not slug:
        raise QueryError("es ist kein Themenfeld genannt", where="topic", remedy="eines wählen")
    with writing() as db:
        judging.judge_topic(db, item_id, slug, judge(), fits=fits)
    return redirect(url_for("items.item", item_id=item_id, _anchor="themen"), 303)


def _topic(slug: str) -> str:
    if slug and slug not in topic_slugs():
        raise QueryError("dieses Themenfeld gibt es nicht", where=slug,
                         remedy="eines aus der Liste wählen")  # fmt: skip
    return slug


@action(pages, "/add", Need.MODERATOR, "GET", "POST")
def add() -> Response | Redirect:
    """Take a link that a person adds, with a note, a topic, and what it belongs to."""
    if request.method == "GET":
        return _form()
    told = {name: forms.text(name, most=NOTE_CHARS) for name in FIELDS}
    try:
        item_id = _add(told)
    except AggregatorError as error:
        return _form(error, 400)
    return redirect(url_for("items.item", item_id=item_id), 303)


def _form(fault: AggregatorError | None = None, status: int = 200) -> Response:
    values: dict[str, Any] = {name: request.values.get(name, "") for name in FIELDS}
    return shown(
        "add.html", status, title=t("add.title"), fault=fault, values=values,
        topics=topic_slugs(), sources=judging.manual_sources(database()), most=NOTE_CHARS,
    )  # fmt: skip


def _add(told: dict[str, str]) -> str:
    """Store what was added; return the item's id.

    Raises:
        AggregatorError: With what to do about it.
    """
    slug = _topic(told["topic"])
    known = _known(told["url"])
    if known and not slug and not told["related"]:
        raise QueryError(t("add.known"), where=told["url"], remedy=t("add.known.remedy"))
    if told["related"]:
        reads_names.resolve(database(), told["related"])  # before anything is stored
    item_id = known or _store(told)
    with writing() as db:
        if slug:
            judging.judge_topic(db, item_id, slug, judge(told["note"]), fits=True)
        if told["related"]:
            judging.judge_pair(db, "related", item_id, told["related"], judge(told["note"]))
    return item_id


def _known(url: str) -> str | None:
    """Return the item that has an address; None if the index does not know it.

    Raises:
        QueryError: It is no address of the web.
    """
    if not url.startswith(("http://", "https://")) or not urls.host_of(url):
        raise QueryError(t("add.no_address"), where="url", remedy=t("add.no_address.remedy"))
    try:
        return reads_names.find_address(database(), url).id
    except NotFoundError:
        return None


def _store(told: dict[str, str]) -> str:
    """Put what the index does not know into a source that is filled by hand."""
    if not told["title"]:
        raise QueryError(t("add.no_title"), where="title", remedy=t("add.no_title.remedy"))
    known = judging.manual_sources(database())
    source, platform = judging.manual_source(database(), told["source"] or "".join(known[:1]))
    entry = Entry(url=told["url"], title=told["title"], text=told["note"])
    with connected() as db:
        importing.import_entry(db, entry, source, platform, current_app.config["CLOCK"])
    return reads_names.find_address(database(), told["url"]).id
