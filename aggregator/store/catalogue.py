"""The source list as last loaded, mirrored into the database, so that readers need no YAML."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from aggregator.model import (
    Catalogue,
    Level,
    Operator,
    Platform,
    PlatformId,
    Site,
    Source,
)
from aggregator.store import moves
from aggregator.store.connection import get_meta, set_meta, transaction


def mirror(db: sqlite3.Connection, catalogue: Catalogue) -> bool:
    """Make the tables `platform` and `source` equal to the list; return whether they changed."""
    if get_meta(db, "catalogue") == catalogue.checksum:
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
        set_meta(db, "catalogue", catalogue.checksum)
    return True


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
