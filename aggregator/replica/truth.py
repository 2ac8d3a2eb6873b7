"""The planted truth: what a perfect crawl would know, as one JSON document.

`document()` computes it from the same tables that the sites are rendered from; `truth.json` is its
committed form (`python -m aggregator.replica.build`), for checks that read no Python.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any
from urllib.parse import urljoin

from aggregator.replica.content.addresses import variants
from aggregator.replica.content.copies import Group
from aggregator.replica.content.rounds import BROKEN_SOURCES, UNCHANGED_SOURCES, World, world
from aggregator.replica.sites.confluence import BANNER, OLD_REVISION
from aggregator.replica.sites.gsb import TRAP
from aggregator.replica.sites.robots import RULES
from aggregator.replica.stock import every_theme
from aggregator.replica.values import (
    ARCHIVE_HOST,
    DEMO_NOTICE,
    FORMER_HOST,
    HOSTS,
    MINISTRY,
    Anchor,
    Publication,
)

# Words of navigation, teasers and hidden texts: no item's text or title may contain them.
BOILERPLATE = (
    "Öffnet Einzelansicht", "Springe direkt zu", "Sie sind hier", "Zur Startseite",
    "Das könnte Sie auch interessieren", "Externer Link:", "Weitere Beiträge",
    "Powered by Atlassian", BANNER[:40],
)  # fmt: skip
_NEAR = 0.25  # shared three-word sequences from which texts look alike without being the same
_NEAR_MISSES = 8


def document() -> dict[str, Any]:
    """Return the whole truth; of the second round only what differs from the first."""
    first, second = world(1), world(2)
    before = {p.key: p for p in first.publications}
    links = _links(first.publications)
    return {
        "notice": DEMO_NOTICE,
        "hosts": {**HOSTS, "former": FORMER_HOST, "archive": ARCHIVE_HOST},
        "robots": {host: {"forbidden": list(rules.disallow), "crawl_delay": rules.crawl_delay}
                   for host, rules in RULES.items()},
        "boilerplate": list(BOILERPLATE),
        "never_an_item": [f"confluence:{OLD_REVISION}", f"http://{HOSTS[MINISTRY]}{TRAP}"],
        "groups": [{"relation": g.relation, "items": list(g.keys)} for g in first.groups],
        "near_misses": near_misses(first),
        "rounds": {
            "1": {
                "now": "2026-11-23T08:00:00Z",
                "items": [item(p) for p in first.publications],
                "links": links,
            },
            "2": {
                "now": "2026-11-25T08:00:00Z",
                "items": [item(p) for p in second.publications if before.get(p.key) != p],
                "links": [link for link in _links(second.publications) if link not in links],
                "new": [p.key for p in second.publications if p.since == 2],
                "changed": list(second.changed),
                "moved": [_move(second, key, path) for key, path in second.moved.items()],
                "vanished": [p.key for p in second.gone],
                "unchanged_sources": list(UNCHANGED_SOURCES),
                "counted": list(second.counted),
                "broken_sources": [{"source": source, "state": state, "reason": reason}
                                   for source, (state, reason) in BROKEN_SOURCES.items()],
            },
        },
    }  # fmt: skip


def item(publication: Publication) -> dict[str, Any]:
    """Return what is true of one publication."""
    topics = [theme.topic for theme in every_theme() if theme.id == publication.theme]
    sentences = publication.sentences
    described: dict[str, Any] = {
        "platform": publication.platform,
        "key": publication.key,
        "sources": list(publication.sources),
        "kind": publication.kind,
        "title": publication.title,
        "url": variants(publication)[0],
        "aliases": list(variants(publication)),
        "published_at": publication.published,
        "date_evidence": publication.evidence,
        "topics": topics,
        "references": sorted({ref for s in sentences for ref in s.references}),
        "identifiers": list(publication.identifiers),
        "first_sentence": sentences[0].text,
        "last_sentence": sentences[-1].text,
        "characters": len(publication.text),
    }
    if publication.posts:
        described["posts"] = len(publication.posts)
        described["solved"] = any(post.accepted for post in publication.posts)
    return described


def near_misses(of: World) -> list[list[str]]:
    """Return pairs that look alike and are not planted as the same, most alike first."""
    shingles = {p.key: _shingles(p.text) for p in of.publications}
    planted = _planted(of.groups)
    found = []
    for one, other in combinations(sorted(shingles), 2):
        smaller = min(len(shingles[one]), len(shingles[other])) or 1
        share = len(shingles[one] & shingles[other]) / smaller
        if share >= _NEAR and frozenset((one, other)) not in planted:
            found.append((round(-share, 4), one, other))
    return [[one, other] for _, one, other in sorted(found)[:_NEAR_MISSES]]


def _planted(groups: Iterable[Group]) -> set[frozenset[str]]:
    return {frozenset(pair) for group in groups for pair in combinations(group.keys, 2)}


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[at : at + 3]) for at in range(len(words) - 2)}


def _links(publications: Iterable[Publication]) -> list[dict[str, Any]]:
    return [link for publication in publications for link in _links_of(publication)]


def _links_of(publication: Publication) -> Iterator[dict[str, Any]]:
    for sentence in publication.sentences:
        if sentence.anchor is not None:
            yield _link(publication, sentence.anchor, sentence.text, prose=True)
    for anchor in publication.further:
        yield _link(publication, anchor, anchor.text, prose=False)


def _link(origin: Publication, anchor: Anchor, sentence: str, *, prose: bool) -> dict[str, Any]:
    base = f"http://{origin.host}/" if origin.platform == MINISTRY else origin.url
    address = urljoin(base, anchor.href)
    return {
        "from": origin.key,
        "to": anchor.target,
        "url": address,
        "anchor": anchor.text,
        "sentence": sentence,
        "prose": prose,
        "dead": anchor.target is None and not address.endswith("ozg-kommunal.de/"),
    }


def _move(second: World, key: str, path: str) -> dict[str, str]:
    moved = next(p for p in second.publications if p.key == key)
    return {"key": key, "from": f"http://{moved.host}{path}", "to": moved.url}
