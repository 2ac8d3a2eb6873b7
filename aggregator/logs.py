"""What processes say of their work: one line an event, as text or as JSON, and never a secret.

Secrets are kept out in two ways: values that were read as secrets are replaced wherever they turn
up, and whatever looks like one in an address (user and password, tokens in the query) is replaced
unseen. Both happen when a line is written, so that no caller has to think of it.
"""

import json
import logging
import re
import sys
import threading
from datetime import UTC, datetime
from typing import TextIO

FORMATS = ("text", "json")
HIDDEN = "***"
SHORTEST = 4  # a shorter value would blank innocent words
_IN_ADDRESS = re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)")
_IN_QUERY = re.compile(
    r"(?i)\b((?:[a-z]+[_-])?(?:token|secret|passw(?:or)?d|passwort|api[_-]?key|sig(?:nature)?"
    r"|authorization|session|cookie)\b[\"']?\s*[=:]\s*[\"']?)(?:bearer\s+|basic\s+)?[^\s&\"',;]+"
)
_FIELD = re.compile(r"(?:^| )(\w+)=(\"[^\"]*\"|\S+)")

_secrets: set[str] = set()
_guard = threading.Lock()


def keep_out(secret: str) -> None:
    """Let a value never be written by this process's log."""
    if len(secret) >= SHORTEST:
        with _guard:
            _secrets.add(secret)


def without_secrets(text: str) -> str:
    """Return a text in which no known secret stands, and nothing that looks like one."""
    with _guard:
        known = sorted(_secrets, key=len, reverse=True)
    for secret in known:
        text = text.replace(secret, HIDDEN)
    text = _IN_ADDRESS.sub(HIDDEN, text)
    return _IN_QUERY.sub(rf"\g<1>{HIDDEN}", text)


class _Text(logging.Formatter):
    """A line for people and for the journal, with its traceback below."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class _Json(logging.Formatter):
    """An object a line (only LF ends it); `name=value` in a message become fields."""

    def format(self, record: logging.LogRecord) -> str:
        message = without_secrets(record.getMessage())
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message,
            "pid": record.process,
            "thread": record.threadName,
        }
        fields = {name: value.strip('"') for name, value in _FIELD.findall(message)}
        if fields:
            told["fields"] = fields
        if record.exc_info:
            told["traceback"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(told, ensure_ascii=False)


def set_up(form: str, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Let this process log to standard error.

    Args:
        form: `text` or `json`.
        level: Of our own loggers; libraries are heard from WARNING on.
        stream: Instead of standard error.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    root = logging.getLogger()
    for old in [known for known in root.handlers if getattr(known, "ours", False)]:
        root.removeHandler(old)
    handler.ours = True  # type: ignore[attr-defined] # how the next call knows it
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in ("aggregator", "web"):
        logging.getLogger(name).setLevel(level)
