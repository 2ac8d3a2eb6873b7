"""Links between platforms, and references to laws, decisions and papers."""

from typing import Any

from flask import Blueprint, Response, g, url_for

from aggregator.errors import NotFoundError
from aggregator.store import reads_matrix, reads_references
from aggregator.store.reads import Document
from web import heat, parameters
from web.answers import answer, here, page
from web.database import database
from web.language import known, t
from web.memo import counted

pages = Blueprint("links", __name__)


@page(pages, "/matrix", "csv")
def matrix() -> Response:
    """Show how often each platform, and each level, links to each other one."""
    told = counted("matrix", reads_matrix.matrix)
    document = told | {"cells": with_urls(told["cells"]), "levels": with_urls(told["levels"])}
    linked = {cell[end] for cell in document["cells"] for end in ("from_platform", "to_platform")}
    is_wide = g.form == "html" and len(linked) > heat.WIDE  # programs get what they always got
    usual = ("level", "platform") if is_wide else ("platform", "level")
    by = parameters.choice("by", *usual)
    return answer(
        "matrix.html", document, title=t("matrix.title"),
        rows=document["cells" if by == "platform" else "levels"],
        by=by, table=heat.platform_table(document, document["cells"]) if by == "platform"
        else heat.level_table(document["levels"]),
        findings=_findings(document), switches=[
            ("matrix.by.platform", here(by="platform"), by == "platform"),
            ("matrix.by.level", here(by="level"), by == "level"),
        ],
    )  # fmt: skip


def with_urls(cells: list[Document]) -> list[Document]:
    """Give each number of a matrix the address of the links behind it."""

    def url(cell: Document) -> str:
        if "from_platform" in cell:
            return url_for("links.between", origin=cell["from_platform"],
                           target=cell["to_platform"])  # fmt: skip
        return url_for("links.between_levels", origin=cell["from_level"], target=cell["to_level"])

    return [cell | {"url": url(cell)} for cell in cells]


def _findings(document: Document) -> list[Document]:
    """Return the pairs of levels whose links differ most by direction, with their numbers."""
    counts = {(c["from_level"], c["to_level"]): c for c in document["levels"]}
    pairs = [
        {"there": counts[one, other], "back": counts[other, one]}
        for one, other in counts
        if one < other and (other, one) in counts
    ]
    pairs.sort(key=lambda pair: -abs(pair["there"]["links"] - pair["back"]["links"]))
    return [pair if pair["there"]["links"] >= pair["back"]["links"]
            else {"there": pair["back"], "back": pair["there"]}
            for pair in pairs[:3] if pair["there"]["links"] != pair["back"]["links"]]  # fmt: skip


@page(pages, "/matrix/<origin>/<target>")
def between(origin: str, target: str) -> Response:
    """Show the links behind one number of the matrix."""
    names = {row["id"]: row["name"] for row in reads_matrix.homes(database())}
    return _between(
        "platform", {"id": origin, "name": names.get(origin, origin)},
        {"id": target, "name": names.get(target, target)},
    )  # fmt: skip


@page(pages, "/matrix/levels/<origin>/<target>")
def between_levels(origin: str, target: str) -> Response:
    """Show the links from the platforms of one level to those of another."""
    ends = [{"id": level, "name": known(f"level.{level}", level)} for level in (origin, target)]
    return _between("level", *ends)


def _between(by: str, origin: Document, target: Document) -> Response:
    found = reads_matrix.links_between(
        database(), origin["id"], target["id"], by=by,
        limit=parameters.limit(), page=parameters.page(),
    )  # fmt: skip
    document = {"from": origin, "to": target, **found}
    title = t("between.title", origin=origin["name"], target=target["name"])
    return answer("between.html", document, title=title, **_beside(document))


@page(pages, "/references/<kind>/<path:key>")
def reference(kind: str, key: str) -> Response:
    """Show who cites a law, a decision or a paper."""
    document = reads_references.reference_page(
        database(), kind, key, limit=parameters.limit(), page=parameters.page()
    )
    if not document["total"] and not document["owners"]:
        raise NotFoundError(
            "kein Eintrag nennt diese Fundstelle", where=f"{kind} {key}",
            remedy="Schreibweise prüfen oder danach suchen",
        )  # fmt: skip
    kind_name = known(f"reference.{kind}", kind)
    title = t("reference.title", kind=kind_name, key=key)
    return answer("reference.html", document, title=title, **_beside(document))


def _beside(document: Document) -> dict[str, Any]:
    """Return the addresses of the pages before and after."""
    shown, last = document["page"], min(document["pages"], parameters.LAST_PAGE)
    return {
        "previous_page": here(page=shown - 1 if shown > 2 else None) if shown > 1 else None,
        "next_page": here(page=shown + 1) if shown < last else None,
    }
