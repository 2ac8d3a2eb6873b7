"""The abbreviations of the field, and under what other names a search finds the same."""

from flask import Blueprint, Response, current_app

from aggregator.config import vocabulary
from web.answers import answer, link, page
from web.language import t

pages = Blueprint("glossary", __name__)


@page(pages, "/glossary", "csv")
def glossary() -> Response:
    """List abbreviations by alphabet, each with what it stands for and a search for it."""
    groups = vocabulary(current_app.config["DATA"]).aliases
    entries = sorted(
        (_entry(names) for names in groups), key=lambda row: str(row["term"]).casefold()
    )
    rows = [{"term": row["term"], "names": row["names"]} for row in entries]
    return answer("glossary.html", {"entries": entries}, title=t("glossary.title"), rows=rows)


def _entry(names: tuple[str, ...]) -> dict[str, object]:
    """Return a group of names of one thing, led by the shortest."""
    term = min(names, key=lambda name: (len(name), name))
    return {
        "term": term, "names": [name for name in names if name != term],
        "url": link("search.search", q=f'"{term}"' if " " in term else term),
    }  # fmt: skip
