"""Feeds of circulars with whole texts, on three hosts; each fails in its own way in round two."""

from collections.abc import Iterable

from aggregator.replica.content.rounds import World
from aggregator.replica.sites import feeds
from aggregator.replica.sites.answer import Answer, page
from aggregator.replica.values import HOSTS, Publication

FEED = "/rundbriefe/feed.xml"
# What the address of the feed answers in the second round.
_FAILURES = {
    "digitalagentur": (404, "Seite nicht gefunden"),
    "gemeindeverband": (410, "Dieses Angebot wurde eingestellt"),
    "kdz-seenland": (500, "Interner Fehler"),
}


def feed(world: World, platform: str) -> Answer:
    """Return the feed of a platform's circulars, or its failure."""
    if world.round > 1:
        status, words = _FAILURES[platform]
        return page(f"<!DOCTYPE html><title>{words}</title><h1>{words}</h1>", status=status)
    found = circulars(world.publications, platform)
    home = f"http://{HOSTS[platform]}/"
    return feeds.rss(found, title="Rundbriefe", home=home, full=True, tag=True)


def circulars(publications: Iterable[Publication], platform: str) -> list[Publication]:
    """Return the circulars of a platform."""
    return [p for p in publications if p.form == "rundbrief" and p.platform == platform]
