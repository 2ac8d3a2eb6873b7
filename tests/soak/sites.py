"""What is read while it soaks: the replica with its mutations, and an office that writes daily."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from aggregator.cli.demo import SOURCES
from aggregator.replica import Replica
from aggregator.replica.sites.answer import Answer, etag
from tests import scripted
from tests.mutations import changes as c

OFFICE = "amt.example"
RULES = ("/robots.txt", "/.well-known/tdmrep.json")
# As in `tests.mutations.table`; what a sender does to the address in the source list ...
OF_LISTS: dict[str, c.Change] = {
    "page": c.instead("<!doctype html><title>Neu</title><h1>Neue Seite</h1>"),
    "login": c.instead(c.LOGIN), "captcha": c.instead(c.CAPTCHA),
    "cookies": c.instead(c.COOKIES), "maintenance": c.instead(c.MAINTENANCE),
    "soft-404": c.instead(c.MISSING), "no-bytes": c.instead(b""),
    "cut": c.first_half, "half-gzip": c.half_gzipped, "no-gzip": c.not_gzipped,
    "silent-gzip": c.gzipped, "loop": c.status(302, Location="?"), "401": c.status(401),
    "403": c.status(403), "404": c.status(404), "429": c.status(429, Retry_After="3600"),
    "500": c.status(500), "503": c.status(503, Retry_After="7200"),
}  # fmt: skip
# ... and what it does to all its pages.
OF_SITES: dict[str, c.Change] = {
    name: OF_LISTS[name] for name in (
        "login", "captcha", "cookies", "maintenance", "soft-404", "no-bytes", "half-gzip",
        "loop", "404", "500", "503",
    )
}  # fmt: skip


def feed(day: int) -> bytes:
    """A window of the newest entries; some are edited each day, and old ones leave it."""
    rows = "".join(
        f"<item><guid>{OFFICE}-{n}</guid><link>http://{OFFICE}/{n}</link>"
        f"<title>Meldung {n} vom Amt</title>"
        f"<description>Text {n} über Wohngeld und Melderegister,"
        f" Fassung {day if n % 5 == day % 5 else 0}.</description>"
        f"<pubDate>{n % 27 + 1:02} Nov 2026 09:00:00 +0100</pubDate></item>"
        for n in range(max(1, day * 3 - 12), day * 3 + 4)
    )
    return f'<rss version="2.0"><channel><title>Amt</title>{rows}</channel></rss>'.encode()


def listed(path: Path, platforms: tuple[str, ...] | None) -> None:
    """Write the list of the demo, or of some of its platforms, with the office."""
    told = yaml.safe_load(SOURCES.read_text("utf-8"))
    if platforms:
        told["platforms"] = [p for p in told["platforms"] if p["id"] in platforms]
        told["sources"] = [s for s in told["sources"] if s["platform"] in platforms]
    told["platforms"].append(
        {"id": "amt", "name": "Amt", "short_name": "Amt", "level": "bund", "operator": "A",
         "url": f"http://{OFFICE}/"}
    )  # fmt: skip
    told["sources"].append(
        {"id": "amt-feed", "platform": "amt", "kind": "feed", "url": f"http://{OFFICE}/feed.xml",
         "details": "never", "every": "6h", "policy": "full", "expect": {"max_vanish": 1}}
    )  # fmt: skip
    path.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")


@dataclass
class Mutation:
    """What one host does wrong just now; `lists`: only at the addresses of the source list."""

    host: str
    name: str
    change: c.Change
    lists: bool


@dataclass
class Together:
    """How many requests each host answers at once."""

    busy: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def during(self, host: str, answer: Callable[[], Answer]) -> Answer:
        with self.lock:
            self.busy[host] += 1
            self.most[host] = max(self.most[host], self.busy[host])
        try:
            threading.Event().wait(0.002)  # long enough to be met by a second one
            return answer()
        finally:
            with self.lock:
                self.busy[host] -= 1


class MutatingReplica(Replica):
    """The replica whose hosts break now and then, as `mutations` says, and recover."""

    def __init__(self, platforms: tuple[str, ...] | None = None) -> None:
        super().__init__(round=1)
        self.day = 1
        self.mutations: list[Mutation] = []
        self.told = Counter[str]()  # answers that were mutated, by name
        self.together = Together()
        self.lists: set[tuple[str, str]] = set()
        for source in yaml.safe_load(SOURCES.read_text("utf-8"))["sources"]:
            if "url" in source and source["platform"] in (platforms or (source["platform"],)):
                host, _, path = source["url"].partition("://")[2].partition("/")
                self.lists.add((host, "/" + path))

    @property
    def hosts(self) -> tuple[str, ...]:
        return (*super().hosts, OFFICE)

    def break_some(self, chance: random.Random) -> None:
        """Let up to three hosts go wrong, each in a way of its own, and mend the others."""
        names = sorted({host for host, _ in self.lists})
        self.mutations = []
        for host in chance.sample(names, chance.randrange(4)):
            lists = chance.random() < 0.6
            kinds: dict[str, Any] = OF_LISTS if lists else OF_SITES
            name = chance.choice(sorted(kinds))
            self.mutations.append(Mutation(host, name, kinds[name], lists))

    def mend(self) -> None:
        """Let every host answer rightly."""
        self.mutations = []

    def answer(self, host: str, target: str, *, cookies: str = "") -> Answer:
        return self.together.during(host, lambda: self._answer(host, target, cookies))

    def _answer(self, host: str, target: str, cookies: str) -> Answer:
        if host == OFFICE:
            if target != "/feed.xml":
                return Answer(status=404)
            body = feed(self.day)
            return Answer(body=body, type="application/rss+xml", etag=etag(body))
        right = super().answer(host, target, cookies=cookies)
        for one in self.mutations:
            meant = one.host == host and target not in RULES and right.status == 200
            if meant and (not one.lists or (host, target) in self.lists):
                self.told[one.name] += 1
                return _changed(right, one.change)
        return right


def _changed(right: Answer, change: c.Change) -> Answer:
    wrong = change(
        scripted.Answer(body=right.body, status=right.status, media_type=right.type,
                        headers=right.headers)
    )  # fmt: skip
    return Answer(body=wrong.body, status=wrong.status, type=wrong.media_type,
                  headers=wrong.headers)  # fmt: skip
