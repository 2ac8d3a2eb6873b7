"""What monitors ask: alive, ready, counts; the numbers agree with the database."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from aggregator.clock import SimulatedClock
from aggregator.config import Settings
from aggregator.store.reads_metrics import Metric
from tests.web.filling import FORUM, MINISTRY, Filling, read
from web import create_app
from web.pages.monitoring import exposition

SAMPLE = re.compile(
    r'querverweis_[a-z_]+(?:\{[a-z_]+="(?:[^"\\\n]|\\.)*"(?:,[a-z_]+="(?:[^"\\\n]|\\.)*")*\})? \S+'
)


def samples(client: FlaskClient) -> dict[str, float]:
    text = client.get("/metrics").get_data(as_text=True)
    rows = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(SAMPLE.fullmatch(row) for row in rows), rows
    return {row.rpartition(" ")[0]: float(row.rpartition(" ")[2]) for row in rows}


def test_the_process_is_alive_without_a_database(tmp_path: Path, clock: SimulatedClock) -> None:
    client = create_app(tmp_path / "leer", clock=clock).test_client(use_cookies=False)

    assert client.get("/health/live.json").status_code == 200
    assert client.get("/health.json").status_code == 503
    assert client.get("/metrics").status_code == 503


def test_ready_says_so(filling: Filling, client: FlaskClient) -> None:
    told = read(client, "/health.json")

    assert (told["status"], told["live"], told["ready"]) == ("ok", True, True)


def test_the_counts_are_those_of_the_database(filling: Filling, client: FlaskClient) -> None:
    filling.item("Eins", MINISTRY)
    filling.item("Zwei", FORUM)
    filling.hide(filling.item("Drei", FORUM))
    filling.state("forum-feed", state="failed")
    filling.db.execute("INSERT INTO host_day VALUES ('a', '2026-11-23', 7, 3, 1, 900, 10, 20)")

    told = samples(client)

    assert told['querverweis_items{state="live"}'] == 2
    assert told['querverweis_items{state="hidden"}'] == 1
    assert told['querverweis_platform_items{platform="forum"}'] == 1
    assert told['querverweis_sources{health="failed"}'] == 1
    assert told["querverweis_requests_total"] == 7
    assert told["querverweis_database_bytes"] > 1000
    assert told["querverweis_backup_failed"] == 0


def test_every_metric_says_what_it_is(filling: Filling, client: FlaskClient) -> None:
    text = client.get("/metrics").get_data(as_text=True)

    names = set(re.findall(r"^(querverweis_[a-z_]+)", text, re.MULTILINE))
    assert names <= set(re.findall(r"^# TYPE (\S+) (?:gauge|counter)$", text, re.MULTILINE))
    assert names <= set(re.findall(r"^# HELP (\S+) .+\.$", text, re.MULTILINE))
    assert {n for n in names if n.endswith("_total")} == set(
        re.findall(r"^# TYPE (\S+) counter$", text, re.MULTILINE)
    )


def test_a_closed_index_names_no_source(
    database: Path, clock: SimulatedClock, filling: Filling
) -> None:
    filling.item("Eins", MINISTRY)
    app = create_app(database.parent, clock=clock, settings=Settings(reading="login"))

    text = app.test_client().get("/metrics").get_data(as_text=True)

    assert "ministerium" not in text
    assert "querverweis_sources" in text


def test_labels_are_escaped() -> None:
    odd = Metric(name="m", about="Odd.", samples=(({"x": 'a"b\\c\nd'}, 1.0),))

    assert exposition([odd]).splitlines()[-1] == r'querverweis_m{x="a\"b\\c\nd"} 1'


@pytest.mark.parametrize("planted", ["geheim-4711"])
def test_no_secret_of_the_settings_is_counted(
    database: Path, clock: SimulatedClock, filling: Filling, planted: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("AGGREGATOR_SMTP_PASSWORD", planted)
    settings = Settings(smtp_host="mail.example", smtp_user=planted)
    client = create_app(database.parent, clock=clock, settings=settings).test_client()

    for url in ("/metrics", "/health.json", "/health/live.json", "/"):
        assert planted not in client.get(url).get_data(as_text=True)
