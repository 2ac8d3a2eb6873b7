"""Runs a parser on a file of the golden corpus and shows the result as plain data.

As a program: `python -m tests.parse.golden KIND/NAME.html ADDRESS` prints an expectation.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aggregator.model import Page, Parsed, Role, Source, SourceKind
from aggregator.parse.ckan import parse_ckan
from aggregator.parse.confluence import parse_confluence
from aggregator.parse.confluence_static import parse_confluence_static
from aggregator.parse.discourse import parse_discourse
from aggregator.parse.feed import parse_feed
from aggregator.parse.folder import parse_folder
from aggregator.parse.gitlab import parse_gitlab
from aggregator.parse.jsonapi import parse_json
from aggregator.parse.listing import parse_listing
from aggregator.parse.mediawiki import parse_mediawiki
from aggregator.parse.oparl import parse_oparl
from aggregator.parse.page import parse_page
from aggregator.parse.sitemap import parse_sitemap
from aggregator.parse.wordpress import parse_wordpress

CORPUS = Path(__file__).parent.parent / "corpus"
NOW = "2026-11-24T08:00:00Z"
PARSERS = {
    "page": parse_page,
    "listing": parse_listing,
    "confluence": parse_confluence,
    "discourse": parse_discourse,
    "feed": parse_feed,
    "sitemap": parse_sitemap,
    "wordpress": parse_wordpress,
    "folder": parse_folder,
    "mediawiki": parse_mediawiki,
    "ckan": parse_ckan,
    "gitlab": parse_gitlab,
    "oparl": parse_oparl,
    "json": parse_json,
    "confluence-static": parse_confluence_static,
}
ENTRY_FIELDS = (
    "entry_id", "url", "title", "text", "summary", "published", "updated_at", "authors", "kind",
    "links", "parts", "aliases", "policy", "max_snippet", "thin",
)  # fmt: skip


def make_source(kind: SourceKind = SourceKind.LISTING, **fields: Any) -> Source:
    return Source(**{"id": "quelle", "platform": "plattform", "kind": kind, "url": None} | fields)


def make_page(
    body: bytes | str, address: str = "https://haus.example/seite", **fields: Any
) -> Page:
    content = body.encode() if isinstance(body, str) else body
    given = {"url": address, "final_url": address, "body": content, "now": NOW}
    return Page(**given | fields)


def run(case: str, address: str) -> dict[str, Any]:
    """Return what the parser makes of a file of the corpus."""
    kind = case.partition("/")[0]
    body = (CORPUS / case).read_bytes()
    role = Role.DETAIL if kind == "page" or "topic" in case else Role.ROOT
    parsed = PARSERS[kind](make_source(), make_page(body, address, role=role))
    return {"address": address, **shown(parsed)}


def shown(parsed: Parsed) -> dict[str, Any]:
    """Return a result as data, without what is empty."""
    whole = asdict(parsed)
    result: dict[str, Any] = _filled(
        {
            "entries": [{name: e[name] for name in ENTRY_FIELDS} for e in whole["entries"]],
            "follow": whole["follow"],
            "complete": whole["complete"],
            "newest_first": whole["newest_first"],
            "feeds": [feed["url"] for feed in whole["feeds"]],
            "problems": [str(problem["code"]) for problem in whole["problems"]],
        }
    )
    return result


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _filled(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in (None, "", [], False)}
    if isinstance(value, list | tuple):
        return [_filled(inner) for inner in value]
    return value


if __name__ == "__main__":
    json.dump(run(*sys.argv[1:3]), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
