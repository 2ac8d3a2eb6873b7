"""The scheduler: one APScheduler process that may overlap with cron and with other schedulers.

It runs outside the web workers and holds no state: whatever it does is claimed in the database, so
it can be killed at any time. Crawling and deriving are jobs of their own under leases of their own:
neither waits for the other. The source list is read anew for each crawl; an error in it is reported
and the last good list goes on being used.
"""

import logging
import signal
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler

from aggregator import alerts, config, derive, linkcheck, newsletters, pipeline, store
from aggregator.clock import Clock, stamp
from aggregator.errors import AggregatorError, StoreError
from aggregator.model import Catalogue, SourceKind
from aggregator.record import Recorder
from aggregator.setting_up import make_fetcher
from aggregator.store import audit, builds, feedback
from aggregator.store import backup as backups
from aggregator.store.hosts import StoredHosts
from aggregator.text.analysis import open_word_forms

log = logging.getLogger(__name__)
HOUSEKEEPING_EVERY = timedelta(hours=24)
LINKS_EVERY = timedelta(hours=1)
BACKUP_LOOK_EVERY = timedelta(minutes=10)
ALERT_LOOK_EVERY = timedelta(minutes=5)
CRAWLS = 3  # at once: a slow host must not hold up the sources that become due meanwhile
DERIVE_EVERY = timedelta(seconds=15)  # between two looks at the queue: one small query
DERIVE_FOR = timedelta(minutes=1)


class Scheduler:
    """The work of the scheduler, one method for each job."""

    def __init__(
        self, database: Path, sources: Path, data: Path, clock: Clock,
        stop: threading.Event | None = None,
    ) -> None:  # fmt: skip
        self._database, self._sources, self._data = database, sources, data
        self._clock = clock
        self._stop = stop or threading.Event()
        self._catalogue: Catalogue | None = None

    def crawl(self) -> int:
        """Read what is due; return how many sources were read."""
        catalogue = self._load()
        db = store.connect(self._database)
        try:
            engine = pipeline.make_engine(
                db, self._database, catalogue, self._data, self._clock, "schedule"
            )
            with closing(engine):
                return _read(replace(engine, stop=self._stop), catalogue)
        finally:
            db.close()

    def derive(self, links_for: timedelta = DERIVE_FOR) -> int:
        """Derive what changed; return how many items were derived.

        Of a large backlog of links only so much as there is time for: the rest waits for the next
        call, so that the scheduler can be stopped in between.
        """
        db = store.connect(self._database)
        try:
            if not store.changes.count(db) and builds.current(db) is None:
                return 0
            done = derive.derive(
                db, clock=self._clock, vocabulary=config.vocabulary(self._data),
                words=open_word_forms(self._data),
                effort=derive.Effort(links_for=links_for),
            )  # fmt: skip
        finally:
            db.close()
        log.info("derived items=%s epoch=%s complete=%s", done.items, done.epoch, done.complete)
        return done.items

    def housekeeping(self) -> None:
        """Forget old requests and runs, and let SQLite tidy its statistics."""
        db = store.connect(self._database)
        try:
            if not store.leases.acquire(db, "housekeeping"):
                return
            settings, now = config.load_settings(self._data), self._clock.now()
            log.info(
                "housekeeping pruned_requests=%s pruned_problems=%s pruned_runs=%s"
                " pruned_snapshots=%s",
                store.runs.prune_requests(db, stamp(now - settings.keep_requests)),
                store.runs.prune_problems(db, stamp(now - settings.keep_problems)),
                store.runs.prune(db, stamp(now - settings.keep_runs)),
                store.snapshots.prune(db, stamp(now - settings.keep_problems)),
            )
            audit.forget(db, stamp(now - settings.keep_audit))
            feedback.forget(db, stamp(now - settings.keep_audit))
            store.runs.optimize(db)
            store.leases.release(db, "housekeeping")
        finally:
            db.close()

    def backup(self) -> Path | None:
        """Make the planned backup when it is due; return where it lies.

        A failure is remembered by the store, for the mail to admins; the next look tries again.
        """
        settings, now = config.load_settings(self._data), self._clock.now()
        folder = Path(settings.backup_dir)
        if not settings.backup_dir or not backups.is_due(folder, settings.backup_every, now):
            return None
        db = store.connect(self._database)
        try:
            if not store.leases.acquire(db, "backup"):
                return None
            file = backups.planned(db, folder, keep=settings.keep_backups, now=now)
        except StoreError as error:
            log.error("the backup failed: %s", error)  # noqa: TRY400 (the message says it all)
            return None
        else:
            log.info("backed up file=%s bytes=%s", file.name, file.stat().st_size)
            return file
        finally:
            store.leases.release(db, "backup")
            db.close()

    def alert(self) -> int:
        """Tell admins by mail what is wrong; return how many letters left."""
        db = store.connect(self._database)
        try:
            if not store.leases.acquire(db, "alert"):
                return 0
            settings = config.load_settings(self._data)
            return alerts.watch(db, self._database, settings, self._clock.now())
        finally:
            store.leases.release(db, "alert")
            db.close()

    def write_readers(self) -> int:
        """Send the news of saved searches; return how many letters left."""
        db = store.connect(self._database)
        try:
            if not store.leases.acquire(db, "letters"):
                return 0
            settings, words = config.load_settings(self._data), open_word_forms(self._data)
            return newsletters.send(db, self._data, settings, words, self._clock.now())
        finally:
            store.leases.release(db, "letters")
            db.close()

    def check_links(self) -> int:
        """Look whether some of the outside pages are there that items link to; return how many."""
        most = config.load_settings(self._data).link_checks
        db = store.connect(self._database)
        try:
            if not most or not store.leases.acquire(db, linkcheck.LEASE):
                return 0
            hosts, recorder = StoredHosts(self._database, self._clock), Recorder()
            with (
                closing(hosts),
                make_fetcher(
                    hosts, self._clock, self._data, self._load().site, on_exchange=recorder
                ) as fetcher,
            ):
                done = linkcheck.check(db, fetcher, recorder.take, self._clock, most)
            log.info("checked links=%s", done)
            store.leases.release(db, linkcheck.LEASE)
        finally:
            db.close()
        return done

    def _load(self) -> Catalogue:
        """Read the source list; on an error go on with the last good one.

        Raises:
            ConfigError: There is no good one yet.
        """
        try:
            self._catalogue = config.load(self._sources)
        except AggregatorError as error:
            if self._catalogue is None:
                raise
            log.error("the source list is wrong, the last good one stays: %s", error)  # noqa: TRY400 (the message says it all)
        return self._catalogue


def _read(engine: pipeline.Engine, catalogue: Catalogue) -> int:
    """Read what is due; return how many sources were read."""
    chosen = [s for s in catalogue.sources if s.enabled and s.kind is not SourceKind.MANUAL]
    done = 0
    for report in pipeline.refresh(engine, chosen, forced=False):
        if report.counts:
            done += 1
            log.info(
                "refreshed source=%s state=%s reason=%s new=%s changed=%s pending=%s",
                report.source, report.state, report.reason, report.counts["new"],
                report.counts["changed"], report.counts["pending"],
            )  # fmt: skip
    return done


def run(database: Path, sources: Path, data: Path, clock: Clock, every: timedelta | None) -> int:
    """Run until SIGTERM or SIGINT: every source ends after the address it is at.

    Args:
        database: The SQLite file.
        sources: The source list.
        data: Folder of settings and vocabulary.
        clock: For due times.
        every: Between two looks at what is due.

    Raises:
        ConfigError: The source list is wrong at the start.
    """
    stopped = threading.Event()
    work = Scheduler(database, sources, data, clock, stopped)
    config.load(sources)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    scheduler = BackgroundScheduler(timezone=UTC)
    _add(scheduler, work.crawl, every or timedelta(minutes=1), at_once=CRAWLS)
    _add(scheduler, work.derive, DERIVE_EVERY)
    _add(scheduler, work.housekeeping, HOUSEKEEPING_EVERY)
    _add(scheduler, work.check_links, LINKS_EVERY)
    _add(scheduler, work.backup, BACKUP_LOOK_EVERY)
    _add(scheduler, work.alert, ALERT_LOOK_EVERY)
    _add(scheduler, work.write_readers, ALERT_LOOK_EVERY)
    scheduler.start()
    log.info("scheduler started")
    stopped.wait()
    scheduler.shutdown(wait=True)
    work.derive(timedelta(0))  # what the last crawl brought can be found; links wait
    log.info("scheduler stopped")
    return 0


def _add(
    scheduler: BackgroundScheduler, job: Callable[[], object], every: timedelta, at_once: int = 1
) -> None:
    """Run a job now and then again and again, so often at once and no oftener."""
    scheduler.add_job(
        job, "interval", seconds=every.total_seconds(), max_instances=at_once, coalesce=True,
        misfire_grace_time=None, next_run_time=datetime.now(UTC),
    )  # fmt: skip
