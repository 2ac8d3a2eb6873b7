"""The one place that asks what time it is, and the one that waits."""

from datetime import UTC, datetime, timedelta

import pytest

from aggregator import clock
from aggregator.clock import SimulatedClock, SystemClock, from_environment, instant, stamp


def test_an_instant_has_one_form() -> None:
    at = datetime.fromisoformat("2026-11-24T09:00:00.75+01:00")

    assert stamp(at) == "2026-11-24T08:00:00Z"
    assert instant(stamp(at)) == at.replace(microsecond=0)
    assert instant("2026-11-24T09:00:00+01:00").tzinfo is UTC


@pytest.mark.parametrize("text", ["2026-11-24T08:00:00", "2026-11-24", "gestern", ""])
def test_what_has_no_zone_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r"zone|format"):
        instant(text)


def test_real_time_is_waited_for_and_the_past_is_not() -> None:
    real = SystemClock()
    at = real.now() + timedelta(milliseconds=20)

    real.wait_until(at)
    real.wait_until(at - timedelta(days=1))

    assert at <= real.now() < at + timedelta(seconds=5)


def test_waiting_moves_simulated_time_and_never_back() -> None:
    simulated = SimulatedClock(datetime(2026, 11, 24, 8, tzinfo=UTC))

    simulated.wait_until(datetime(2026, 11, 25, 8, tzinfo=UTC))
    simulated.wait_until(datetime(2026, 11, 24, 9, tzinfo=UTC))
    simulated.advance(timedelta(hours=1))

    assert stamp(simulated.now()) == "2026-11-25T09:00:00Z"


def test_simulated_time_is_a_seam_of_tests(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock._warn_ignored.cache_clear()
    monkeypatch.setenv("AGGREGATOR_NOW", "2026-11-24T08:00:00Z")
    monkeypatch.delenv("AGGREGATOR_ALLOW_PRIVATE", raising=False)
    ignored = from_environment()
    monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
    told = from_environment()

    assert isinstance(ignored, SystemClock)
    assert "AGGREGATOR_NOW wird ignoriert" in caplog.text
    assert stamp(told.now()) == "2026-11-24T08:00:00Z"
