"""`sources discover`: what an address offers, as ready entries for sources.yaml."""

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from aggregator.cli.common import Context, emit, note, say

if TYPE_CHECKING:
    from aggregator.discover import Discovery, Proposal
    from aggregator.model import Catalogue

_SHOWN_EVIDENCE = 3


@click.command("discover")
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="Ausgabe als JSON.")
@click.pass_obj
def discover_command(ctx: Context, url: str, *, as_json: bool) -> int:
    """Sucht zu einer Adresse Feeds, Sitemaps, Schnittstellen und Listen; speichert nichts.

    Fragt höchstens zehn Adressen ab, beachtet robots.txt und nennt fertige Einträge für
    sources.yaml, den besten zuerst. Ende mit 1, wenn nichts gefunden wurde.
    """
    from aggregator.cli.preview import fetcher
    from aggregator.discover import discover

    with fetcher(ctx) as web:
        found = discover(url, web, ctx.clock)
    told = document(found, ctx.catalogue)
    if as_json:
        emit(told)
    else:
        _tell(told)
    return 0 if found.proposals else 1


def document(found: "Discovery", catalogue: "Catalogue") -> dict[str, Any]:
    """Return a discovery as JSON; each proposal with its entry for sources.yaml."""
    from aggregator import urls

    known = {urls.canonical(source.url): str(source.id)
             for source in catalogue.sources if source.url}  # fmt: skip
    taken = {str(source.id) for source in catalogue.sources}
    rows = []
    for proposal in found.proposals:
        rows.append(_row(proposal, known.get(urls.canonical(proposal.url)), catalogue, taken))
        taken.add(rows[-1]["definition"]["id"])
    return {
        "url": found.url,
        "final_url": found.final_url,
        "systems": [{"name": name, "evidence": why} for name, why in found.systems],
        "proposals": rows,
        "dropped": [{"url": offer.url, "title": offer.title, "reason": "comments"}
                    for offer in found.dropped],
        "problems": [{"code": p.code, "message": p.message, "where": p.where}
                     for p in found.problems],
        "requests": found.requests,
    }  # fmt: skip


def _row(
    proposal: "Proposal", known_as: str | None, catalogue: "Catalogue", taken: set[str]
) -> dict[str, Any]:
    from aggregator.config import opml
    from aggregator.discover import name_of

    platform = _platform(proposal.url, catalogue)
    return {
        "kind": proposal.kind, "url": proposal.url, "title": proposal.title,
        "preset": proposal.preset, "evidence": list(proposal.evidence),
        "also": list(proposal.also), "checked": proposal.checked, "entries": proposal.entries,
        "newest": proposal.newest, "known_as": known_as,
        "definition": proposal.definition(opml.new_id(name_of(proposal), taken), platform),
    }  # fmt: skip


def _platform(url: str, catalogue: "Catalogue") -> str:
    """Return the platform that an address belongs to; a new id made of its host otherwise."""
    from aggregator import urls
    from aggregator.config import opml

    host = urls.host_of(url).removeprefix("www.")
    for platform in catalogue.platforms:
        addresses = (platform.url, *platform.former)
        if host in {urls.host_of(address).removeprefix("www.") for address in addresses}:
            return str(platform.id)
    return opml.new_id(host.rpartition(".")[0] or host, ())


def _tell(told: dict[str, Any]) -> None:
    """Print a discovery for people: the entries can be pasted."""
    for system in told["systems"]:
        say(f"# System: {system['name']} ({system['evidence']})")
    for row in told["proposals"]:
        why = "; ".join(row["evidence"][:_SHOWN_EVIDENCE])
        count = f", {row['entries']} Einträge" if row["entries"] else ""
        newest = f", neuester {row['newest'][:10]}" if row["newest"] else ""
        state = "gelesen" if row["checked"] else "nicht abgefragt"
        say(f"\n# {row['title'] or urlsplit(row['url']).netloc}: {why} ({state}{count}{newest})")
        if row["known_as"]:
            say(f"# steht schon in der Liste: {row['known_as']}")
        for number, (key, value) in enumerate(row["definition"].items()):
            say(f"  {' ' if number else '-'} {key}: {json.dumps(value, ensure_ascii=False)}")
    for problem in told["problems"]:
        note(f"{problem['code']}: {problem['message']} ({problem['where']})")
    if not told["proposals"]:
        note("Nichts gefunden; eine Liste lässt sich mit kind: listing und selectors lesen")
