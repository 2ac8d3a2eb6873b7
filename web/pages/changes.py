"""The change log: what publishers changed in what was already there."""

from flask import Blueprint, Response, request, url_for

from aggregator.store import reads_changes
from web import parameters
from web.answers import answer, here, page
from web.atom import entry_id
from web.database import database
from web.language import day_of, t
from web.pages.overview import filters

pages = Blueprint("changes", __name__)


@page(pages, "/changes", "csv", "atom")
def changes() -> Response:
    """List changed items, newest change first, each with what changed."""
    chosen = parameters.selection()
    document = reads_changes.changes(
        database(), limit=parameters.limit(), cursor=request.args.get("cursor"),
        since=chosen.since, platforms=chosen.platform, levels=chosen.level, kinds=chosen.kind,
    )  # fmt: skip
    after = document.pop("cursor")
    document["next"] = here("json", cursor=after) if after else None
    return answer(
        "changes.html", document, title=t("changes.title"),
        rows=[_row(row) for row in document["changes"]],
        entries=[_entry(row) for row in document["changes"]],
        next_page=here(cursor=after) if after else None, filters=filters(), day_of=day_of,
    )  # fmt: skip


def _row(row: dict[str, object]) -> dict[str, object]:
    item: dict[str, object] = row["item"]  # type: ignore[assignment] # a document
    told = {name: item[name] for name in ("id", "platform", "title", "url")}
    return {"at": row["at"], **told, "title_before": row["title_before"],
            "what": row["what"], "version": row["n"]}  # fmt: skip


def _entry(row: dict[str, object]) -> dict[str, object]:
    """Return a change as an entry of the feed: it has an identity and a time of its own."""
    item: dict[str, object] = row["item"]  # type: ignore[assignment] # a document
    what: list[str] = row["what"]  # type: ignore[assignment] # a list of words
    return {
        "item": item, "summary": t("changes.what", what=words_of(what)),
        "url": url_for("items.version", item_id=item["id"], n=row["n"], _external=True),
        "id": f"{entry_id(item)}:{row['n']}", "updated": row["at"],
    }  # fmt: skip


def words_of(what: list[str]) -> str:
    """Return in what an item changed, as words."""
    return ", ".join(t(f"version.in_{name}") for name in what) or t("changes.else")
