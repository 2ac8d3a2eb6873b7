"""The log: one line an event, as text or JSON, and no secret in it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from aggregator import logs

PLANTED = "planted-Geheimnis-4711"


@pytest.fixture(autouse=True)
def own_handlers() -> Iterator[None]:
    """What a test sets up ends with it."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


def written(form: str, message: str, *values: object, bug: bool = False) -> str:
    stream = io.StringIO()
    logs.set_up(form, stream=stream)
    log = logging.getLogger("aggregator.test")
    if bug:
        try:
            raise ValueError(f"password={PLANTED}")
        except ValueError:
            log.exception(message, *values)
    else:
        log.info(message, *values)
    return stream.getvalue()


@pytest.mark.parametrize("form", logs.FORMATS)
@pytest.mark.parametrize(
    "message",
    [
        f"asked https://user:{PLANTED}@amt.example/feed",
        f"asked https://amt.example/feed?a=1&token={PLANTED}&b=2",
        f"asked https://amt.example/?access_token={PLANTED}",
        f"asked https://amt.example/?X-Api-Key={PLANTED}",
        f"header Authorization: Bearer {PLANTED}",
        f"set SMTP_PASSWORD={PLANTED}",
        f"{{'client_secret': '{PLANTED}'}}",
        f"Cookie: {PLANTED}",
    ],
)
def test_what_looks_like_a_secret_is_never_written(form: str, message: str) -> None:
    line = written(form, "%s", message)

    assert PLANTED not in line
    assert logs.HIDDEN in line


@pytest.mark.parametrize("form", logs.FORMATS)
def test_a_known_secret_is_never_written_wherever_it_stands(form: str) -> None:
    logs.keep_out("kennwort des amtes")

    assert "kennwort des amtes" not in written(form, "mail said: %s!", "kennwort des amtes")


@pytest.mark.parametrize("form", logs.FORMATS)
def test_tracebacks_are_cleaned_too(form: str) -> None:
    line = written(form, "a bug", bug=True)

    assert "ValueError" in line
    assert PLANTED not in line


def test_an_innocent_line_stays_as_it_is() -> None:
    line = written("text", "refreshed source=amt-feed state=ok tokens 3, https://amt.example/a?b=1")

    assert "refreshed source=amt-feed state=ok tokens 3, https://amt.example/a?b=1" in line


def test_as_json_every_line_is_an_object_with_its_fields() -> None:
    line = written("json", "refreshed source=%s new=%s\nzweite Zeile", "amt-feed", 3)

    assert line.count("\n") == 1
    told = json.loads(line)
    assert told["level"] == "info"
    assert told["logger"] == "aggregator.test"
    assert told["fields"]["source"] == "amt-feed"
    assert told["at"].endswith("+00:00")


def test_setting_up_twice_writes_a_line_once() -> None:
    logs.set_up("text", stream=io.StringIO())

    assert written("text", "einmal").count("einmal") == 1
