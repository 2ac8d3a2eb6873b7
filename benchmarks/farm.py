"""A farm of German feeds on loopback for the refresh benchmark, served by nginx.

Every feed has about 35 entries of a kilobyte of HTML; two thirds are RSS 2.0, one third Atom. The
second round adds two entries to every twentieth feed. Hosts are addresses of 127.0.0.0/8, so that
every feed has politeness, robots.txt and connections of its own.
"""

import gzip
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Self

PARTS = re.findall(
    r"\w+",
    "Antrag Wohngeld Register Verwaltung Digitalisierung Bescheid Kommune Bund Land Dienst Portal"
    " Nutzerkonto Schnittstelle Standard Leistung Umsetzung Frist Gesetz Haushalt Verordnung"
    " Behörde Gemeinde Förderung Straße Prüfung Übersicht Größe Bürger",
)
SMALL = re.findall(
    r"\w+", "die der das mit für und von auf wird hat soll neue erste viele heute künftig"
)
NEWEST = datetime(2026, 11, 1, 8, tzinfo=UTC)
NGINX = """
daemon off; pid {run}/pid; worker_processes 1; error_log {run}/error.log; {user}
events {{ worker_connections 4000; }}
http {{
  log_format short '$status $request_uri'; access_log {run}/access.log short;
  client_body_temp_path {run}; proxy_temp_path {run}; fastcgi_temp_path {run};
  uwsgi_temp_path {run}; scgi_temp_path {run};
  types {{ application/rss+xml xml; }} gzip_static on; keepalive_timeout 60;
  server {{ listen {port}; allow 127.0.0.0/8; deny all; root {root}; {validators} }}
}}
"""


@dataclass(frozen=True)
class Farm:
    """What decides every byte of the feeds."""

    folder: Path
    feeds: int
    port: int

    def url(self, feed: int) -> str:
        """Return the address of a feed; two feeds share a host."""
        host = feed % max(1, self.feeds // 2)
        return f"http://127.0.{1 + host // 250}.{1 + host % 250}:{self.port}/{feed}.xml"

    def write(self) -> dict[int, int]:
        """Write both rounds, the source list and the addresses; return entries by round."""
        totals = {0: 0, 1: 0}
        for number in totals:
            folder = self.folder / f"round{number}"
            folder.mkdir(parents=True)
            for feed in range(self.feeds):
                more = 2 if number and feed % 20 == 0 else 0
                count = random.Random(feed).randint(20, 50) + more
                totals[number] += count
                self._write(folder / f"{feed}.xml", document(feed, count, self.url(feed)), more)
        (self.folder / "urls.txt").write_text(
            "".join(f"{self.url(n)}\n" for n in range(self.feeds))
        )
        (self.folder / "sources.yaml").write_text(self._sources())
        return totals

    def _write(self, file: Path, text: str, more: int) -> None:
        at = (NEWEST + timedelta(hours=more)).timestamp()  # an unchanged feed keeps its validators
        for path, body in (
            (file, text.encode()),
            (Path(f"{file}.gz"), gzip.compress(text.encode(), mtime=0)),
        ):
            path.write_bytes(body)
            os.utime(path, (at, at))

    def _sources(self) -> str:
        expect = "{min_entries: 0, max_age: 36500d, max_vanish: 1.0}"
        lines = ["site: {title: Farm, operator: Farm, contact: farm@example.org}", "platforms:"]
        lines += [
            f"  - {{id: p{n}, name: Amt {n}, short_name: Amt {n}, level: kommune, operator: Amt,"
            f' url: "{self.url(n).rpartition("/")[0]}/", licence: CC0-1.0}}'
            for n in range(max(1, self.feeds // 2))
        ]
        lines.append("sources:")
        lines += [
            f"  - {{id: s{n}, platform: p{n % max(1, self.feeds // 2)}, kind: feed,"
            f' url: "{self.url(n)}", policy: full, expect: {expect}}}'
            for n in range(self.feeds)
        ]
        return "\n".join(lines) + "\n"


def document(feed: int, count: int, url: str) -> str:
    """Return a whole feed, newest entry first."""
    base = url.rpartition("/")[0]
    atom = feed % 3 == 2
    entries = "".join(entry(feed, n, base, atom=atom) for n in reversed(range(count)))
    title = f"Amt {feed}"
    if atom:
        return (f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
                f"<title>{title}</title><id>{base}/</id><updated>2026-11-01T08:00:00Z</updated>"
                f"{entries}</feed>")  # fmt: skip
    return (f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"'
            f' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
            f"<title>{title}</title><link>{base}/</link><description>{title}</description>"
            f"{entries}</channel></rss>")  # fmt: skip


def entry(feed: int, number: int, base: str, *, atom: bool) -> str:
    """Return one entry; its text depends on its number alone, so that a feed only grows."""
    rng = random.Random(f"{feed}/{number}")
    title = sentence(rng, 6)
    link = f"{base}/artikel/{feed}/{number}"
    name = f"tag:farm.example,2026:{feed}/{number}"
    html = "".join(
        f"<p>{sentence(rng, 12)} <a href='{link}/mehr'>{sentence(rng, 2)}</a>"
        f" {sentence(rng, 20)}</p>"
        for _ in range(4)
    )
    at = NEWEST - timedelta(hours=7 * (60 - number), minutes=feed % 60)
    if atom:
        return (f"<entry><title>{title}</title><id>{name}</id><link href='{link}'/>"
                f"<published>{at:%FT%TZ}</published><updated>{at:%FT%TZ}</updated>"
                f"<content type='html'>{escape(html)}</content></entry>")  # fmt: skip
    return (f"<item><title>{title}</title><link>{link}</link>"
            f"<guid isPermaLink='false'>{name}</guid><pubDate>{format_datetime(at)}</pubDate>"
            f"<content:encoded><![CDATA[{html}]]></content:encoded></item>")  # fmt: skip


def sentence(rng: random.Random, words: int) -> str:
    """Return words that German officials could have written, compounds among them."""
    chosen = [
        rng.choice(SMALL) if rng.random() < 0.5
        else rng.choice(PARTS) + rng.choice(("", "s" + rng.choice(PARTS).lower()))
        for _ in range(words)
    ]  # fmt: skip
    return f"{' '.join(chosen).capitalize()}."


class Server:
    """nginx for one farm; what it answered is read from its log."""

    def __init__(self, farm: Farm) -> None:
        self._farm = farm
        self._run = Path(tempfile.mkdtemp(prefix="farm-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._run, ignore_errors=True)

    def start(self, number: int, *, validators: bool) -> None:
        """Serve a round, with or without validators."""
        self.stop()
        off = 'etag off; if_modified_since off; add_header Last-Modified "";'
        (self._run / "nginx.conf").write_text(
            NGINX.format(
                run=self._run, root=self._farm.folder.resolve() / f"round{number}",
                port=self._farm.port, user="user root;" if os.geteuid() == 0 else "",
                validators="etag on; if_modified_since exact;" if validators else off,
            )
        )  # fmt: skip
        (self._run / "access.log").unlink(missing_ok=True)
        path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
        program = shutil.which("nginx", path=path)
        if not program:
            raise SystemExit("nginx is missing: install it (Debian: nginx-light)")
        self._process = subprocess.Popen(
            [program, "-e", self._run / "error.log", "-c", self._run / "nginx.conf"]
        )
        until = time.monotonic() + 10
        while socket.socket().connect_ex(("127.0.1.1", self._farm.port)):
            if time.monotonic() > until:
                raise SystemExit(f"nginx does not answer on port {self._farm.port}")
            time.sleep(0.05)

    def answers(self) -> Counter[str]:
        """Count the answers to requests for feeds, by status."""
        lines = (self._run / "access.log").read_text().split("\n")
        return Counter(line.split()[0] for line in lines if line.endswith(".xml"))

    def stop(self) -> None:
        """End nginx, with the log written."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait()
            self._process = None
