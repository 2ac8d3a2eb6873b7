"""`demo`: the bundled replica platforms, crawled over HTTP on loopback, and the index of them."""

import os
from importlib import resources
from pathlib import Path

import click

from aggregator.cli.common import Context, derive_now, engine, note, wanted_sources

MAX_ROUNDS = 200  # of a crawl that must end by itself
NOW = "2026-11-23T08:00:00Z"  # the day of the first round
SOURCES = Path(str(resources.files("aggregator.replica") / "sources.yaml"))


@click.command()
@click.option("--port", type=int, default=8080, show_default=True, help="Port des Index.")
@click.option("--once", is_flag=True, help="Abrufen, Zusammenfassung zeigen, beenden.")
@click.pass_obj
def demo_command(ctx: Context, port: int, *, once: bool) -> int:
    """Startet die Demo-Plattformen (erfundene Inhalte), ruft sie ab und zeigt den Index.

    Ohne --data liegen die Daten in data/demo.
    """
    from aggregator import replica

    platforms = replica.Replica(round=1)
    platforms.start()
    try:
        _allow(platforms.resolve)
        demo = _context(ctx)
        crawl_all(demo)
        _summary(demo)
    finally:
        platforms.stop()
    if once:
        return 0
    from aggregator.cli.serve import serve

    return serve(demo, "127.0.0.1", port)


def _allow(resolve: str) -> None:
    """Let this process reach the replica: the test seams, for loopback only."""
    os.environ["AGGREGATOR_ALLOW_PRIVATE"] = "1"
    os.environ["AGGREGATOR_RESOLVE"] = resolve


def _context(ctx: Context) -> Context:
    """Return the context of the demo: its own data, its own source list, a simulated clock."""
    from aggregator import clock

    os.environ.setdefault("AGGREGATOR_NOW", NOW)
    data = ctx.data / "demo" if ctx.data == Path("data") else ctx.data
    return Context(data, SOURCES, clock.from_environment())


def crawl_all(ctx: Context) -> None:
    """Refresh until nothing waits in the frontier, then derive."""
    from aggregator import pipeline

    db = ctx.db()
    try:
        worker = engine(ctx, db, trigger="demo")
        waiting = wanted_sources(ctx, ())
        left: dict[str, int] = {}
        for _ in range(MAX_ROUNDS):
            reports = list(pipeline.refresh(worker, waiting, forced=True))
            for report in reports:
                note(f"{report.source}: {report.state}, {report.counts.get('new', 0)} neu,"
                     f" {report.counts.get('requests', 0)} Anfragen,"
                     f" {report.counts.get('pending', 0)} offen")  # fmt: skip
            before, left = left, {r.source: r.counts.get("pending", 0) for r in reports}
            moving = {name for name, n in left.items() if n and n != before.get(name)}
            waiting = [source for source in waiting if source.id in moving]
            if not waiting:
                break
        worker.close()
        derive_now(ctx, db)
    finally:
        db.close()


def _summary(ctx: Context) -> None:
    """Say what the crawl brought, and how politely."""
    from aggregator import store

    db = ctx.db(readonly=True)
    for line in store.runs.politeness(db):
        note(line)
    db.close()
