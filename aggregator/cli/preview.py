"""Trying a source: the live path with nothing stored, told to people and to programs."""

from typing import TYPE_CHECKING, Any

from aggregator.cli.common import Context, note, say
from aggregator.errors import ConfigError
from aggregator.model import Platform, Source, SourceKind

if TYPE_CHECKING:
    from aggregator.fetch.client import Fetcher
    from aggregator.reading import Preview

SHOWN = 20  # entries of a preview


def platform_of(ctx: Context, name: str) -> Platform:
    """Return a platform of the list.

    Raises:
        NotFoundError: There is none of this id.
    """
    from aggregator.config.mistakes import suggestion, unknown

    known = {str(platform.id): platform for platform in ctx.catalogue.platforms}
    if name not in known:
        raise unknown("keine Plattform", name, known, where=str(ctx.sources),
                      otherwise=suggestion(name, known))  # fmt: skip
    return known[name]


def fetcher(ctx: Context) -> "Fetcher":
    """Return a fetcher that remembers nothing beyond this process."""
    from aggregator.fetch.hosts import MemoryHosts
    from aggregator.setting_up import install_rules, make_fetcher

    install_rules(ctx.data)
    return make_fetcher(MemoryHosts(ctx.clock), ctx.clock, ctx.data, ctx.catalogue.site)


def try_source(ctx: Context, source: Source) -> "Preview":
    """Fetch and read the address of a source.

    Raises:
        ConfigError: It is a manual source.
    """
    from aggregator.reading import preview

    if source.kind is SourceKind.MANUAL:
        raise ConfigError(
            f"„{source.id}“ ist eine manuelle Quelle und wird nicht abgerufen",
            where=str(ctx.sources),
            remedy=f"Einträge einlesen: aggregator import DATEI --source {source.id}",
        )
    with fetcher(ctx) as web:
        return preview(source, platform_of(ctx, source.platform), web, ctx.clock)


def preview_document(preview: "Preview") -> dict[str, Any]:
    """Return a preview as JSON: at most 20 entries, newest knowledge of what follows."""
    read = preview.read
    items = read.normalised.items if read else ()
    return {
        "source": preview.source.id,
        "kind": preview.source.kind,
        "url": preview.source.url,
        "status": preview.status,
        "elapsed_ms": preview.elapsed_ms,
        "complete": bool(read and read.parsed.complete),
        "entries": len(items),
        "addresses": len(read.step.follows) if read else 0,
        "rejected": len(read.normalised.rejected) if read else 0,
        "items": [
            {
                "title": item.title, "url": item.url, "kind": item.kind, "key": item.key,
                "published_at": item.published.at if item.published else None,
                "date_evidence": item.published.evidence if item.published else "none",
            }
            for item in items[:SHOWN]
        ],
        "problems": [
            {"code": p.code, "message": p.message, "where": p.where} for p in preview.problems
        ],
    }  # fmt: skip


def report_preview(preview: "Preview") -> None:
    """Print a preview for people."""
    told = preview_document(preview)
    say(f"{told['source']} ({told['kind']}) {told['url']}")
    say(f"  Antwort {told['status'] or '-'} in {told['elapsed_ms']} ms: {told['entries']} Einträge,"
        f" {told['addresses']} weitere Adressen, {told['rejected']} abgelehnt")  # fmt: skip
    for item in told["items"]:
        say(f"  {(item['published_at'] or 'ohne Datum')[:10]:10}  {item['title']}")
        say(f"              {item['url']}")
    if told["entries"] > SHOWN:
        say(f"  … und {told['entries'] - SHOWN} weitere")
    for problem in told["problems"]:
        note(f"  {problem['code']}: {problem['message']}")
