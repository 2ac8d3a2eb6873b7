"""The source list as last loaded, mirrored into the database, so that readers need no YAML.

Reading 1,000 sources from YAML takes 120 ms, from here 20: a cron line that finds nothing to do
recalls the list as long as its files are the same bytes.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from aggregator import __version__
from aggregator.model import (
    Budget,
    Catalogue,
    Expect,
    ItemKind,
    Level,
    Operator,
    Platform,
    PlatformId,
    Policy,
    Site,
    Source,
    SourceKind,
)
from aggregator.store import moves
from aggregator.store.connection import get_meta, set_meta, transaction


def mirror(db: sqlite3.Connection, catalogue: Catalogue) -> bool:
    """Make the tables `platform` and `source` equal to the list; return whether they changed."""
    if get_meta(db, "catalogue") == _reading(catalogue.checksum):
        return False
    with transaction(db):
        moves.readdress(db, [(s.id, s.url, _json(s)) for s in catalogue.sources])
        db.execute("DELETE FROM platform")
        db.execute("DELETE FROM source")
        db.executemany(
            "INSERT INTO platform (id, position, name, short_name, level, url, definition)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(p.id, n, p.name, p.short_name, p.level, p.url, _json(p))
             for n, p in enumerate(catalogue.platforms)],
        )  # fmt: skip
        db.executemany(
            "INSERT INTO source (id, platform, position, kind, url, enabled, definition)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(s.id, s.platform, n, s.kind, s.url, s.enabled, _json(s))
             for n, s in enumerate(catalogue.sources)],
        )  # fmt: skip
        db.execute("INSERT OR IGNORE INTO source_state (source) SELECT id FROM source")
        set_meta(db, "site", json.dumps(asdict(catalogue.site), ensure_ascii=False))
        set_meta(db, "catalogue", _reading(catalogue.checksum))
    return True


def _reading(checksum: str) -> str:
    """Name a list as this version reads it: another one may read the same bytes otherwise."""
    return f"{__version__} {checksum}"


def recall(db: sqlite3.Connection, checksum: str) -> Catalogue | None:
    """Return the list with a checksum if it is the mirrored one, read by this version.

    Args:
        db: The connection.
        checksum: Over the files as they are now.
    """
    if get_meta(db, "catalogue") != _reading(checksum):
        return None
    rows = db.execute("SELECT definition FROM source ORDER BY position").fetchall()
    return Catalogue(
        site=site(db), platforms=platforms(db), checksum=checksum,
        sources=tuple(_source(json.loads(row[0])) for row in rows),
    )  # fmt: skip


def _json(value: Platform | Source) -> str:
    """Write a definition; durations are seconds."""
    return json.dumps(
        asdict(value), ensure_ascii=False, sort_keys=True,
        default=lambda x: x.total_seconds() if isinstance(x, timedelta) else dict(x),
    )  # fmt: skip


def platforms(db: sqlite3.Connection) -> tuple[Platform, ...]:
    """Return the mirrored platforms in the order of the list."""
    rows = db.execute("SELECT definition FROM platform ORDER BY position")
    return tuple(_platform(json.loads(row[0])) for row in rows)


def source(db: sqlite3.Connection, name: str) -> Source | None:
    """Return a mirrored source."""
    row = db.execute("SELECT definition FROM source WHERE id = ?", (name,)).fetchone()
    return _source(json.loads(row[0])) if row else None


def site(db: sqlite3.Connection) -> Site:
    """Return what the installation says about itself."""
    return Site(**json.loads(get_meta(db, "site", "{}")))


def _platform(told: Mapping[str, Any]) -> Platform:
    """Read a definition that `mirror` wrote."""
    fields = dict(told)
    fields["level"] = Level(told["level"])
    fields["operator"] = tuple(Operator(**operator) for operator in told["operator"])
    fields["former"] = tuple(told["former"])
    fields["id"] = PlatformId(told["id"])
    return Platform(**fields)


def _source(told: Mapping[str, Any]) -> Source:
    """Read a definition that `mirror` wrote."""
    fields = dict(told)
    fields["kind"] = SourceKind(told["kind"])
    fields["item_kind"] = ItemKind(told["item_kind"])
    fields["policy"] = Policy(told["policy"])
    for name in ("include", "exclude"):
        fields[name] = tuple(told[name])
    for name in ("every", "delay"):
        fields[name] = _seconds(told[name])
    fields["budget"] = Budget(requests=told["budget"]["requests"],
                              time=timedelta(seconds=told["budget"]["time"]))  # fmt: skip
    promised = dict(told["expect"])
    promised["max_age"] = _seconds(promised["max_age"])
    promised["required"] = tuple(promised["required"])
    fields["expect"] = Expect(**promised)
    return Source(**fields)


def _seconds(told: float | None) -> timedelta | None:
    return None if told is None else timedelta(seconds=told)
