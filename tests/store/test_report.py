"""Every number of the report, counted again from plain rows: no statement of ours, only loops."""

import json
import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from aggregator import store
from aggregator.clock import instant
from aggregator.links.related import SHOWN_CUT
from aggregator.model import Level
from aggregator.store.report import KEYS, report
from tests.store.report_filling import NOW, SINCE, TOPICS, fill
from tests.web.filling import Filling

Row = dict[str, Any]


@dataclass
class Plain:
    """All rows that the report may count, as they lie in the database."""

    db: store.Connection

    def rows(self, table: str) -> list[Row]:
        letter = self.db.execute("SELECT value FROM meta WHERE key = 'live'").fetchone()
        name = table.replace("_@", f"_{letter[0] if letter else 'a'}")
        return [dict(row) for row in self.db.execute(f"SELECT * FROM {name}")]

    @property
    def items(self) -> dict[int, Row]:
        """Return the items that may be shown."""
        return {
            row["pk"]: row
            for row in self.rows("item")
            if row["merged_into"] is None and row["state"] != "hidden"
        }

    @property
    def homes(self) -> list[str]:
        listed = [row["id"] for row in sorted(self.rows("platform"), key=lambda r: r["position"])]
        return listed + sorted({row["platform"] for row in self.items.values()} - set(listed))

    def of(self, platform: str) -> list[Row]:
        return [row for row in self.items.values() if row["platform"] == platform]

    def sources(self) -> list[Row]:
        states = {row["source"]: row for row in self.rows("source_state")}
        return [{**states.get(row["id"], {}), **row} for row in self.rows("source")]


@pytest.fixture
def plain(db: store.Connection) -> Plain:
    fill(Filling(db))
    return Plain(db)


@pytest.fixture
def told(plain: Plain) -> Row:
    return report(plain.db, now=instant(NOW), since=SINCE, topics=TOPICS)


def by_key(told: Row, section: str) -> dict[Any, Row]:
    """Return the rows of a section by what names them, which must be unique."""
    keys = KEYS[section]
    found = {tuple(row[key] for key in keys): row for row in told[section]["rows"]}
    assert len(found) == len(told[section]["rows"])
    return {key[0] if len(key) == 1 else key: row for key, row in found.items()}


def age(row: Row, now: datetime) -> float:
    return max(0.0, (now - instant(row["sort_at"])).total_seconds() / 86400)


def dated(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["published_at"] is not None]


def test_summary_counts_what_may_be_shown(plain: Plain, told: Row) -> None:
    items = list(plain.items.values())

    assert told["summary"]["rows"] == [{
        "platforms": len(plain.rows("platform")), "sources": len(plain.rows("source")),
        "items": len(items), "new_items": sum(row["first_seen_at"] >= SINCE for row in items),
        "vanished_items": sum(row["state"] in ("vanished", "gone") for row in items),
        "waiting": len(plain.rows("changes")),
    }]  # fmt: skip
    assert 0 < told["summary"]["rows"][0]["new_items"] < len(items) < len(plain.rows("item"))


def pairs_across(plain: Plain) -> set[tuple[int, int]]:
    items = plain.items
    return {
        (row["item"], row["target"])
        for row in plain.rows("link_@")
        if row["item"] in items and row["target"] in items
        and items[row["item"]]["platform"] != items[row["target"]]["platform"]
    }  # fmt: skip


def test_matrix_counts_each_pair_of_items_once(plain: Plain, told: Row) -> None:
    items = plain.items
    links = Counter(
        (items[one]["platform"], items[other]["platform"]) for one, other in pairs_across(plain)
    )

    assert {key: row["links"] for key, row in by_key(told, "matrix").items()} == links
    assert links.total() < len(plain.rows("link_@"))


def test_levels_add_the_matrix_up(plain: Plain, told: Row) -> None:
    levels = {row["id"]: row["level"] for row in plain.rows("platform")}
    items = plain.items
    links = Counter(
        tuple(levels.get(items[pk]["platform"], "unlisted") for pk in pair)
        for pair in pairs_across(plain)
    )

    found = {key: row["links"] for key, row in by_key(told, "levels").items()}
    assert {key: count for key, count in found.items() if count} == links
    assert {(one, other) for one in Level for other in Level} <= set(found)
    assert ("unlisted", "bund") in links


def topics_of(plain: Plain) -> dict[tuple[str, str], list[Row]]:
    items = plain.items
    found = defaultdict(list)
    for row in plain.rows("topic_@"):
        if row["auto"] and row["item"] in items:
            item = items[row["item"]]
            found[row["topic"], item["platform"]].append(item)
    return found


def test_coverage_counts_items_and_the_age_of_the_newest(plain: Plain, told: Row) -> None:
    held, now = topics_of(plain), instant(NOW)
    topics = {*TOPICS, *(topic for topic, _ in held)}

    found = by_key(told, "coverage")

    assert set(found) == {(topic, home) for topic in topics for home in plain.homes}
    for key, row in found.items():
        known = dated(held.get(key, []))
        newest = max(known, key=lambda item: item["sort_at"]) if known else None
        assert row["items"] == len(held.get(key, []))
        assert row["newest_published_at"] == (newest["sort_at"] if newest else None)
        assert row["age_days"] == (int(age(newest, now)) if newest else None)


def test_a_blank_says_why(plain: Plain, told: Row) -> None:
    held = topics_of(plain)
    read = [s for s in plain.sources() if s["enabled"] and not s["paused"]]
    seen = {s["platform"] for s in read if s["last_success_at"]}
    seen |= {row["platform"] for row in plain.rows("item")}

    for (topic, home), row in by_key(told, "coverage").items():
        if held.get((topic, home)):
            assert row["blank"] is None
        elif home not in {s["platform"] for s in read}:
            assert row["blank"] == "no_source"
        else:
            assert row["blank"] == ("silent" if home in seen else "unread")
    assert {row["blank"] for row in told["coverage"]["rows"]} == {
        None, "no_source", "silent", "unread",
    }  # fmt: skip


def test_freshness_tells_the_median_age_and_the_last_success(plain: Plain, told: Row) -> None:
    now = instant(NOW)

    found = by_key(told, "freshness")

    assert list(found) == plain.homes
    for home, row in found.items():
        known = dated(plain.of(home))
        ages = [age(item, now) for item in known]
        at = [s["last_success_at"] for s in plain.sources() if s["platform"] == home]
        assert row["items"] == len(plain.of(home))
        assert row["dated_items"] == len(known)
        assert row["newest_published_at"] == max((i["sort_at"] for i in known), default=None)
        assert row["new_items"] == sum(i["first_seen_at"] >= SINCE for i in plain.of(home))
        assert row["last_success_at"] == max((a for a in at if a), default=None)
        if ages:
            assert row["median_age_days"] == pytest.approx(statistics.median(ages), abs=0.051)
        else:
            assert row["median_age_days"] is None


def test_freshness_tells_current_sources_of_all(plain: Plain, told: Row) -> None:
    for home, row in by_key(told, "freshness").items():
        own = [source for source in plain.sources() if source["platform"] == home]
        active = [s for s in own if s["enabled"] and not s["paused"] and s["kind"] != "manual"]
        current = [
            s for s in active
            if s["state"] in ("ok", "unchanged") and s["last_success_at"]
            and not (s["next_at"] and s["next_at"] < "2026-11-24T02:00:00Z")
        ]  # fmt: skip
        counts = (row["sources"], row["sources_active"], row["sources_current"])
        assert counts == (len(own), len(active), len(current)), home
    assert found_differences(told)


def found_differences(told: Row) -> bool:
    """Return whether the filling tells the three counts of sources apart."""
    return any(
        row["sources"] > row["sources_active"] > row["sources_current"]
        for row in told["freshness"]["rows"]
    )


def test_dates_are_counted_by_evidence(plain: Plain, told: Row) -> None:
    items = plain.items.values()
    evidence = Counter(row["date_evidence"] for row in items)

    found = by_key(told, "dates")

    assert {key: row["items"] for key, row in found.items()} == evidence
    assert sum(row["dated_items"] for row in found.values()) == len(dated(list(items)))


def test_texts_are_counted_by_policy(plain: Plain, told: Row) -> None:
    for policy, row in by_key(told, "texts").items():
        items = [item for item in plain.items.values() if item["policy"] == policy]
        assert row["items"] == len(items)
        assert row["with_text"] == sum(bool(item["text"]) for item in items)
        assert row["with_any"] == sum(bool(item["text"] or item["excerpt"]) for item in items)
    assert set(by_key(told, "texts")) == {"full", "excerpt"}


def test_internal_links_are_told_by_their_fate(plain: Plain, told: Row) -> None:
    hosts = {}
    for row in reversed(plain.rows("platform")):
        for url in (*json.loads(row["definition"])["former"], row["url"]):
            hosts[url.split("/")[2].removeprefix("www.")] = row["id"]
    missing = {row["canonical"] for row in plain.rows("frontier") if row["status"] in (404, 410)}
    items = plain.items
    told_once = {
        (row["item"], row["canonical"], row["target"])
        for row in plain.rows("link_@")
        if row["item"] in items
    }
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for _, canonical, target in told_once:
        home = hosts.get(canonical.split("/")[2].removeprefix("www."))
        state = items[target]["state"] if target in items else None
        if home and state == "live":
            counts[home]["resolved"] += 1
        elif home and (state or canonical in missing):
            counts[home]["dead"] += 1
        elif home:
            counts[home]["unresolved"] += 1

    found = by_key(told, "internal_links")

    assert set(found) == set(counts)
    for home, row in found.items():
        assert {name: row[name] for name in ("resolved", "dead", "unresolved")} == {
            name: counts[home][name] for name in ("resolved", "dead", "unresolved")
        }
        assert row["links"] == counts[home].total()
    assert found["ministerium"] | {"platform": ""} == {
        "platform": "", "links": 6, "resolved": 2, "dead": 2, "unresolved": 2,
    }  # fmt: skip


def test_sources_are_counted_by_state(plain: Plain, told: Row) -> None:
    def state(source: Row) -> str:
        if not source["enabled"]:
            return "disabled"
        return "paused" if source["paused"] else str(source["state"])

    found = {key: row["sources"] for key, row in by_key(told, "sources").items()}
    assert found == Counter(state(source) for source in plain.sources())
    assert {"disabled", "paused", "ok", "suspect", "not_due"} <= set(found)


def test_runs_are_counted_from_the_day_on(plain: Plain, told: Row) -> None:
    runs = [row for row in plain.rows("run") if row["started_at"] >= SINCE]

    found = by_key(told, "runs")

    assert {key: row["runs"] for key, row in found.items()} == Counter(
        row["state"] or "unfinished" for row in runs
    )
    for column in ("new", "changed", "vanished", "rejected", "requests", "not_modified"):
        assert sum(row[column] for row in found.values()) == sum(row[column] for row in runs)
    assert len(runs) < len(plain.rows("run"))


def test_suspect_runs_are_told_by_source_and_reason(plain: Plain, told: Row) -> None:
    runs = [
        row for row in plain.rows("run")
        if row["started_at"] >= SINCE and row["state"] == "suspect"
    ]  # fmt: skip

    found = by_key(told, "suspect")

    assert {key: row["runs"] for key, row in found.items()} == Counter(
        (row["source"], row["reason"]) for row in runs
    )
    for (source, reason), row in found.items():
        moments = [r["started_at"] for r in runs if (r["source"], r["reason"]) == (source, reason)]
        assert row["last_at"] == max(moments)


def test_same_content_is_grouped_by_what_hangs_together(plain: Plain, told: Row) -> None:
    items = plain.items
    near = defaultdict(set)
    for row in plain.rows("same_@"):
        if row["item"] in items and row["other"] in items:
            near[row["item"]].add(row["other"])
    groups: list[set[int]] = []
    left = set(near)
    while left:
        group, reached = set(), {min(left)}
        while reached:
            group |= reached
            reached = {other for pk in reached for other in near[pk]} - group
        groups.append(group)
        left -= group

    assert told["same"]["rows"] == [{
        "pairs": sum(map(len, near.values())) // 2, "groups": len(groups), "items": len(near),
        "groups_across": sum(len({items[pk]["platform"] for pk in g}) > 1 for g in groups),
    }]  # fmt: skip


def test_related_pairs_are_counted_once_above_the_cut(plain: Plain, told: Row) -> None:
    items = plain.items
    same = {(row["item"], row["other"]) for row in plain.rows("same_@")}
    pairs = {
        frozenset((row["item"], row["other"]))
        for row in plain.rows("related_@")
        if row["item"] in items and row["other"] in items
        and (row["ruled"] or row["score"] >= SHOWN_CUT * 10_000)
        and (row["item"], row["other"]) not in same
    }  # fmt: skip
    across = sum(len({items[pk]["platform"] for pk in pair}) > 1 for pair in pairs)

    assert told["related"]["rows"] == [{"pairs": len(pairs), "pairs_across": across}]


def test_the_named_statements_give_the_same_rows(plain: Plain, told: Row) -> None:
    """Who follows the report's own instructions gets its numbers."""
    named = {name: told[name]["recount"] for name in KEYS}
    statements = {name: sql for name, sql in named.items() if not sql.startswith("/")}

    for name, sql in statements.items():
        rows = [dict(row) for row in plain.db.execute(sql, told["parameters"])]
        if name == "same":
            assert len(rows) == told[name]["rows"][0]["pairs"]
            continue
        shown = [{key: row[key] for key in rows[0]} for row in told[name]["rows"]]
        assert rows == shown, name
    assert set(named) - set(statements) == {"matrix", "levels"}


def test_an_empty_database_has_a_report(db: store.Connection) -> None:
    told = report(db, now=instant(NOW), since=SINCE, topics=TOPICS)

    assert told["summary"]["rows"][0]["items"] == 0
    assert told["same"]["rows"] == [{"pairs": 0, "groups": 0, "items": 0, "groups_across": 0}]
    assert told["related"]["rows"] == [{"pairs": 0, "pairs_across": 0}]
