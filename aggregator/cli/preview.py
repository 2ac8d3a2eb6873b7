"""Trying a source: the live path with nothing stored, told to people and to programs."""

from typing import TYPE_CHECKING, Any

from aggregator.cli.common import Context, note, say
from aggregator.errors import ConfigError
from aggregator.model import Code, Platform, Source, SourceKind

if TYPE_CHECKING:
    from aggregator.fetch.client import Fetcher
    from aggregator.fetch.hosts import MemoryHosts
    from aggregator.previewing import Look, Preview

SHOWN = 20  # entries of a preview
PAGE_CHARS = 500  # of the text of a page in it


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


def try_source(ctx: Context, source: Source, platform: Platform | None = None) -> "Preview":
    """Fetch and read the address of a source.

    Args:
        ctx: The installation.
        source: It need not stand in the list.
        platform: Its platform when that is not in the list either.

    Raises:
        ConfigError: It is a manual source.
    """
    return _tried(ctx, source, platform)[0]


def _tried(
    ctx: Context, source: Source, platform: Platform | None
) -> "tuple[Preview, MemoryHosts]":
    from aggregator.fetch.hosts import MemoryHosts
    from aggregator.previewing import preview
    from aggregator.setting_up import install_rules, make_fetcher
    from aggregator.workers import Readers

    if source.kind is SourceKind.MANUAL:
        raise ConfigError(
            f"„{source.id}“ ist eine manuelle Quelle und wird nicht abgerufen",
            where=str(ctx.sources),
            remedy=f"Einträge einlesen: aggregator import DATEI --source {source.id}",
        )
    platform = platform or platform_of(ctx, source.platform)
    install_rules(ctx.data)
    hosts = MemoryHosts(ctx.clock)
    readers = Readers(1, eager=True)
    try:
        with make_fetcher(hosts, ctx.clock, ctx.data, ctx.catalogue.site) as web:
            return preview(source, platform, web, ctx.clock, readers), hosts
    finally:
        readers.close()


def trial_document(
    ctx: Context, source: Source, platform: Platform | None = None
) -> dict[str, Any]:
    """Try a source; return the preview with the verdict of robots.txt and the time of a next run.

    Raises:
        ConfigError: It is a manual source.
    """
    from aggregator import urls

    preview, hosts = _tried(ctx, source, platform)
    copy = hosts.robots(urls.host_of(source.url or ""))
    denied = any(p.code is Code.ROBOTS_DENIED for p in preview.looks[0].problems)
    return {
        **preview_document(preview),
        "robots": {
            "allowed": not denied,
            "status": copy.status if copy else None,
            "crawl_delay_s": copy.crawl_delay if copy else None,
        },
        "next_at": _next_at(ctx, preview),
    }


def _next_at(ctx: Context, preview: "Preview") -> str | None:
    """Return when a source would be read again after a run that went like this."""
    from aggregator import dates, timing
    from aggregator.clock import instant, stamp

    if preview.read is None:
        return None
    stated = (item.published for item in preview.read.normalised.items)
    published = [instant(dates.sort_key(when.at)) for when in stated if when]
    return stamp(timing.next_after_success(
        preview.source, published, now=ctx.clock.now(), hint=preview.read.parsed.ttl
    ))  # fmt: skip


def preview_document(preview: "Preview") -> dict[str, Any]:
    """Return a preview as JSON: at most 20 entries, and one page behind an entry.

    `status` and `elapsed_ms` are those of the source's own address; entries are those of the first
    address in `looked_at` that brings something.
    """
    from aggregator import urls

    root, read = preview.looks[0], preview.read
    items = read.normalised.items if read else ()
    found_by = {urls.tidy(e.url): dict(e.found_by)
                for e in (read.parsed.entries if read else ()) if e.url}  # fmt: skip
    return {
        "source": preview.source.id,
        "kind": preview.source.kind,
        "url": preview.source.url,
        "status": root.status,
        "elapsed_ms": root.elapsed_ms,
        "looked_at": [
            {"url": look.url, "role": look.role, "status": look.status,
             "entries": len(look.read.normalised.items) if look.read else 0,
             "addresses": len(look.read.step.follows) if look.read else 0}
            for look in preview.looks
        ],
        "complete": bool(read and read.parsed.complete),
        "entries": len(items),
        "addresses": len(read.step.follows) if read else 0,
        "rejected": len(read.normalised.rejected) if read else 0,
        "items": [
            {
                "title": item.title, "url": item.url, "kind": item.kind, "key": item.key,
                "published_at": item.published.at if item.published else None,
                "date_evidence": item.published.evidence if item.published else "none",
                "found_by": found_by.get(item.url, {}),
            }
            for item in items[:SHOWN]
        ],
        "page": _page(preview.page) if preview.page else None,
        "problems": [
            {"code": p.code, "message": p.message, "where": p.where}
            for look in preview.looks for p in look.problems
        ],
    }  # fmt: skip


def _page(look: "Look") -> dict[str, Any]:
    """Return what was read of the page behind an entry, each field with the rule that found it."""
    item = look.read.normalised.items[0] if look.read and look.read.normalised.items else None
    told: dict[str, Any] = {"url": look.url, "status": look.status}
    if look.read is None or item is None:
        return told
    entry = look.read.parsed.entries[0]
    return told | {
        "title": item.title, "key": item.key, "kind": item.kind, "policy": item.policy,
        "published_at": item.published.at if item.published else None,
        "date_evidence": item.published.evidence if item.published else "none",
        "text": entry.text[:PAGE_CHARS], "text_chars": len(entry.text), "links": len(entry.links),
        "found_by": dict(entry.found_by),
    }  # fmt: skip


def report_preview(preview: "Preview") -> None:
    """Print a preview for people."""
    report_document(preview_document(preview))


def report_document(told: dict[str, Any]) -> None:
    """Print a preview, or a trial, for people."""
    say(f"{told['source']} ({told['kind']}) {told['url']}")
    say(f"  Antwort {told['status'] or '-'} in {told['elapsed_ms']} ms: {told['entries']} Einträge,"
        f" {told['addresses']} weitere Adressen, {told['rejected']} abgelehnt")  # fmt: skip
    if "robots" in told:
        robots = told["robots"]
        pause = robots["crawl_delay_s"]
        say(f"  robots.txt: {'erlaubt' if robots['allowed'] else 'verboten'}"
            + (f", Abstand {pause:g} s" if pause else "")
            + (f"; nächster Abruf {told['next_at']}" if told["next_at"] else ""))  # fmt: skip
    for item in told["items"]:
        stated = item["published_at"]
        date = f"{stated[:10]} ({item['date_evidence']})" if stated else "ohne Datum"
        say(f"  {date:22}  {item['title']}")
        say(f"  {'':22}  {item['url']}")
        if item["found_by"]:
            rules = "; ".join(f"{field}: {rule}" for field, rule in item["found_by"].items())
            say(f"  {'':22}  gefunden durch {rules}")
    if told["entries"] > SHOWN:
        say(f"  … und {told['entries'] - SHOWN} weitere")
    for look in told["looked_at"][1:]:
        if look["role"] == "index":
            say(f"  gefolgt zu {look['url']}: {look['entries']} Einträge,"
                f" {look['addresses']} weitere Adressen")  # fmt: skip
    if told["page"]:
        _report_page(told["page"])
    for problem in told["problems"]:
        note(f"  {problem['code']}: {problem['message']} ({problem['where']})")


def _report_page(page: dict[str, Any]) -> None:
    say(f"  Seite hinter einem Eintrag: {page['url']} (Antwort {page['status'] or '-'})")
    if "title" not in page:
        return
    stated = page["published_at"]
    date = f"{stated[:10]} ({page['date_evidence']})" if stated else "ohne Datum"
    say(f"    {page['title']}; {date}; {page['text_chars']} Zeichen, {page['links']} Verweise")
    if page["found_by"]:
        rules = "; ".join(f"{field}: {rule}" for field, rule in page["found_by"].items())
        say(f"    gefunden durch {rules}")
    if page["text"]:
        say(f"    {' '.join(page['text'].split())[:200]}")
