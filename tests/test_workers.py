"""Reading in processes of their own: the same results, and nothing worse than one lost document."""

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator import reading, store, urls, usual
from aggregator.errors import ParseError
from aggregator.model import Code, Fetched, Platform, Role, Source, SourceKind, Validators
from aggregator.reading_child import Limits
from aggregator.sealed import Sealed
from aggregator.store.rows import prepare, unpacked
from aggregator.workers import Readers
from tests.builders import make_platform, make_source
from tests.parse.feeds import rss

NOW = "2026-11-24T08:00:00Z"
ITEM = (
    "<item><title>Nr. {n}</title><link>http://amt.example/{n}</link><description>&lt;p&gt;Der "
    '&lt;a href="/a/{n}"&gt;Antrag&lt;/a&gt; wird digital.&lt;/p&gt;</description></item>'
)
DEADLINE_S = 10.0


def feed(count: int) -> bytes:
    return rss("".join(ITEM.format(n=n) for n in range(count))).encode()


def arguments(
    body: bytes, source: Source | None = None, role: Role = Role.ROOT
) -> tuple[Source, Platform, store.commit.Visit, Fetched]:
    source, platform = source or make_source(), make_platform()
    url = source.url or ""
    row = store.frontier.unsaved(source.id, url, url)
    visit = store.commit.Visit(
        row=row, run=1, platform=platform, now=NOW, exchanges=(), status=200
    )  # fmt: skip
    assert row.role is role
    answer = Fetched(
        url=url, final_url=url, status=200, headers={}, media_type="", charset=None, body=body,
        validators=Validators(),
    )  # fmt: skip
    return source, platform, visit, answer


def nothing(_: str) -> bytes:
    raise AssertionError("nothing was needed")


@pytest.fixture
def readers() -> Iterator[Readers]:
    found = Readers(1, eager=True)
    yield found
    found.close()


def children() -> set[int]:
    """Return the processes that this one has started and not yet buried."""
    found: set[int] = set()
    for task in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # a thread may end between two looks
            found.update(int(pid) for pid in task.read_text().split())
    return found


def cpu_s(pid: int) -> float:
    """Return how long a process has worked; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for_end(pid: int) -> bool:
    """Wait until a process has ended, whoever its parent is."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended = select.poll()
    ended.register(handle, select.POLLIN)
    found = bool(ended.poll(DEADLINE_S * 1000))
    os.close(handle)
    return found


# --- the same as here ------------------------------------------------------------------------


def test_another_process_reads_what_this_one_reads(readers: Readers) -> None:
    before = children()

    found = readers.read(*arguments(feed(30)), nothing)

    assert len(children() - before) == 1
    assert len(found.step.items) == 30
    assert unsealed(found) == reading.read(*arguments(feed(30)), nothing)


def unsealed(found: reading.Read) -> reading.Read:
    """Return what was read with its lists unpacked."""
    normalised = replace(found.normalised, items=tuple(found.normalised.items))
    return reading.Read(
        parsed=replace(found.parsed, entries=tuple(found.parsed.entries)),
        normalised=normalised,
        step=replace(found.step, items=normalised.items),
    )


def test_another_process_prepares_the_rows_that_this_one_would(readers: Readers) -> None:
    source, platform, visit, answer = arguments(feed(30))
    found = readers.read(source, platform, visit, answer, nothing)
    here = reading.read(source, platform, visit, answer, nothing)

    assert isinstance(found.step.items, Sealed)
    assert unpacked(*found.step.items.noted) == [
        prepare(item, platform) for item in here.step.items
    ]
    assert usual.measure(found.parsed, NOW) == usual.measure(here.parsed, NOW)


@pytest.mark.parametrize("body", [b"", b"<html><body>Wartung</body></html>", b"\x1f\x8bx"])
def test_what_cannot_be_read_is_the_same_error(readers: Readers, body: bytes) -> None:
    told = []
    for read in (readers.read, reading.read):
        with pytest.raises(ParseError) as caught:
            read(*arguments(body), nothing)
        error = caught.value
        told.append((error.code, error.message, error.where, error.remedy))

    assert told[0] == told[1]


def test_what_a_page_needs_is_fetched_by_this_process(readers: Readers) -> None:
    source = make_source(kind=SourceKind.DISCOURSE, url="http://amt.example/t/5.json")
    post = '{"id": %d, "post_number": %d, "cooked": "<p>Text %d</p>", "username": "u"}'
    body = (
        '{"id": 5, "title": "Frage", "posts_count": 2, "post_stream": {"stream": [1, 2],'
        f' "posts": [{post % (1, 1, 1)}]}}}}'
    ).encode()
    more = f'{{"post_stream": {{"posts": [{post % (2, 2, 2)}]}}}}'.encode()
    asked = []

    def fetch_more(url: str) -> bytes:
        asked.append(url)
        return more

    found = readers.read(*arguments(body, source), fetch_more)

    assert len(asked) == 1
    assert [part.text for part in found.step.items[0].parts] == ["Text 1", "Text 2"]


def test_rules_for_addresses_hold_there_too() -> None:
    rule = {"id": "eigen", "drop": "n", "path": "/a/"}
    urls.install({"noise": [rule]})
    readers = Readers(1, eager=True)
    try:
        body = feed(1).replace(b"amt.example/0", b"amt.example/a/0?n=1")
        found = readers.read(*arguments(body), nothing)
    finally:
        readers.close()
        urls.install({})

    assert found.step.items[0].key == "https://amt.example/a/0"


# --- when a process is worth it --------------------------------------------------------------


def test_a_short_run_over_small_bodies_starts_no_process() -> None:
    before = children()
    readers = Readers(2)

    readers.read(*arguments(feed(3)), nothing)

    assert children() == before
    readers.close()


def test_a_large_body_is_never_read_in_this_process() -> None:
    before = children()
    readers = Readers(2)

    readers.read(*arguments(feed(400)), nothing)

    assert len(children() - before) == 1
    readers.close()
    assert children() == before


def test_without_processes_everything_is_read_here() -> None:
    before = children()
    readers = Readers(0)

    assert len(readers.read(*arguments(feed(400)), nothing).step.items) == 400
    assert children() == before


def test_threads_share_no_more_processes_than_allowed() -> None:
    before = children()
    readers = Readers(2, eager=True)
    counts: list[int] = []

    def read() -> None:
        found = (readers.read(*arguments(feed(50)), nothing) for _ in range(3))
        counts.extend(len(one.step.items) for one in found)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts == [50] * 18
    assert 1 <= len(children() - before) <= 2
    readers.close()
    assert children() == before


# --- what goes wrong -------------------------------------------------------------------------


def test_a_document_that_takes_too_long_is_left_and_the_next_one_is_read() -> None:
    readers = Readers(1, limits=Limits(cpu_s=0.3))

    with pytest.raises(ParseError) as caught:
        readers.read(*arguments(feed(1900)), nothing)

    assert caught.value.code is Code.TOO_SLOW
    assert caught.value.where == "http://amt.example/feed.xml"
    assert len(readers.read(*arguments(feed(300)), nothing).step.items) == 300
    readers.close()


def test_a_document_that_waits_for_ever_is_left_at_the_deadline() -> None:
    readers = Readers(1, limits=Limits(deadline_s=0.1))

    with pytest.raises(ParseError) as caught:
        readers.read(*arguments(feed(1900)), nothing)

    assert caught.value.code is Code.TOO_SLOW
    readers.close()


def test_a_document_that_takes_all_memory_is_refused() -> None:
    readers = Readers(1, limits=Limits(memory_bytes=100 * 2**20))

    with pytest.raises(ParseError) as caught:
        readers.read(*arguments(feed(1900) + b" " * 2**26), nothing)

    assert caught.value.code in {Code.DOCUMENT_REFUSED, Code.TOO_LARGE}
    readers.close()


def test_a_process_killed_between_two_documents_is_replaced(readers: Readers) -> None:
    before = children()
    readers.read(*arguments(feed(3)), nothing)
    (child,) = children() - before
    os.kill(child, signal.SIGKILL)

    assert len(readers.read(*arguments(feed(3)), nothing).step.items) == 3
    assert len(children() - before) == 1


def test_a_document_that_kills_its_reader_twice_is_reported() -> None:
    before = children()
    readers = Readers(1, fast_feeds=False)
    body = feed(1900).replace(b"wird digital", b"wird digital &lt;b&gt;und&lt;/b&gt;" * 20)
    ended = threading.Event()

    def kill_all() -> None:
        while not ended.is_set():
            for child in children() - before:
                with suppress(OSError):  # it may end between two looks
                    if cpu_s(child) > 0.8:  # it has started, and reads
                        os.kill(child, signal.SIGKILL)

    killer = threading.Thread(target=kill_all)
    killer.start()
    try:
        with pytest.raises(ParseError) as caught:
            readers.read(*arguments(body), nothing)
    finally:
        ended.set()
        killer.join()

    assert caught.value.code is Code.DOCUMENT_REFUSED
    readers.close()


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_a_parent_that_was_killed(ending: signal.Signals) -> None:
    code = (
        "import sys\nfrom tests.test_workers import *\nreaders = Readers(1, eager=True)\n"
        "readers.read(*arguments(feed(3)), nothing)\nprint(*children(), flush=True)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    child = int(parent.stdout.readline())
    parent.send_signal(ending)
    parent.communicate()

    assert wait_for_end(child)
