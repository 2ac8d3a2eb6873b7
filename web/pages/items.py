"""The item page, and the lookup by address."""

from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as Redirect

from aggregator.store import explain, reads_items, reads_names, reads_references, reads_versions
from aggregator.store.reads import Document
from web.answers import answer, link, page
from web.database import database
from web.frame import frame
from web.language import day, t

pages = Blueprint("items", __name__)


@page(pages, "/items/<item_id>")
def item(item_id: str) -> Response | Redirect:
    """Show an item with its relations; a merged one leads to its survivor for good."""
    found = reads_names.resolve(database(), item_id)
    if found.id != item_id:
        return redirect(link("items.item", g.form, item_id=found.id), 301)
    return _shown(_document(found.pk))


@page(pages, "/items/<item_id>/versions/<int:n>")
def version(item_id: str, n: int) -> Response | Redirect:
    """Show a state of an item and what turned it into the next one."""
    found = reads_names.resolve(database(), item_id)
    if found.id != item_id:
        return redirect(link("items.item", g.form, item_id=found.id), 301)
    document = reads_versions.version_page(database(), found.pk, n)
    return answer("version.html", document, title=t("version.title", n=n))


@page(pages, "/items/<item_id>/why/<other_id>")
def why(item_id: str, other_id: str) -> Response:
    """Explain why two items are linked, or why they are not."""
    document = explain.why(database(), item_id, other_id)
    return answer("why.html", document, title=t("explain.title"))


@page(pages, "/lookup")
def lookup() -> Response:
    """Show the item that has an address, under whatever alias, with its counterparts."""
    url = request.args.get("url", "").strip()
    if url:
        found = reads_names.find_address(database(), url)
        return _shown(_document(found.pk))
    return answer("lookup.html", {"url": None, "item": None}, title=t("lookup.title"))


def _document(pk: int) -> Document:
    """Return the document of an item; a page tells when it changed and leads to the rest."""
    return reads_items.document_of(database(), pk, with_diffs=g.form == "json")


def _shown(document: Document) -> Response:
    """Return the item page; its sidebar counts what its own sections show."""
    told = {(row["kind"], row["key"]) for row in document["references"]}
    counts = {} if g.form == "json" else reads_references.citations(database(), told)
    return answer(
        "item.html", document, title=document["item"]["title"], cited=counts, back=_back(),
        timeline=_timeline(document), by_level=_by_level(document),
        linking=_grouped(document["links_in"]), cite=_cite(document),
        shown=[row for row in document["related"] if row["shown"] and not row["same"]],
    )  # fmt: skip


def _cite(document: Document) -> str:
    """Return how an item is cited: who, what, when, where, and when it was looked up."""
    item = document["item"]
    told = [frame()["names"].get(item["platform"], item["platform"]) + ": " + item["title"]]
    if item["published_at"]:
        told.append(day(item["published_at"]))
    return (
        ", ".join([*told, item["url"]])
        + " "
        + t("item.cite.seen", at=day(document["last_seen_at"]))
    )


def _back() -> str | None:
    """Return the search that led here, from the parameter `from`; nothing else is let through."""
    told = request.args.get("from")
    if not told:
        return None
    return link("search.search") + "?" + urlencode(parse_qsl(told, keep_blank_values=False))


def _timeline(document: Document) -> list[Document]:
    """Return the item among those of the same content, oldest first."""
    rows = [{"item": document["item"]}, *document["same"]]
    return sorted(rows, key=lambda row: _born(row["item"]))


def _born(item: Document) -> tuple[str, str]:
    return item["published_at"] or item["last_changed_at"], item["id"]


def _grouped(links_in: list[Document]) -> list[Document]:
    """Put several links of one item into one row; the first with a sentence of prose leads."""
    rows: dict[str, Document] = {}
    for row in links_in:
        known = rows.setdefault(row["item"]["id"], row | {"times": 0})
        if row["prose"] and not known["prose"]:
            known |= row
        known["times"] += 1
    return list(rows.values())


def _by_level(document: Document) -> list[Document]:
    """Count linking and linked items by federal level."""
    incoming: dict[str, set[str]] = {}
    outgoing: dict[str, set[str]] = {}
    for told, links in ((incoming, document["links_in"]), (outgoing, document["links_out"])):
        for row in links:
            if row["item"] and row["item"]["level"]:
                told.setdefault(row["item"]["level"], set()).add(row["item"]["id"])
    levels = ("bund", "foederal", "land", "kommune", "verband", "presse", "eu")
    return [
        {"level": level, "in": len(incoming.get(level, ())), "out": len(outgoing.get(level, ()))}
        for level in levels
        if level in incoming or level in outgoing
    ]
