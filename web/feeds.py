"""Feeds that have an address of their own: subscriptions, in Atom and JSON."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from flask import Response

from web.answers import conditional
from web.atom import feed
from web.jsonfeed import MEDIA_TYPE, json_feed

Writer: TypeAlias = Callable[[str, str, str, Sequence[Mapping[str, Any]]], str]
_WRITERS: Mapping[str, tuple[Writer, str]] = {
    "atom": (feed, "application/atom+xml"),
    "jsonfeed": (json_feed, MEDIA_TYPE),
}
FORMS = tuple(_WRITERS)


def subscription(
    form: str, title: str, page: str, own: str, entries: Sequence[Mapping[str, Any]]
) -> Response:
    """Return a feed in one of `FORMS`; the other arguments are those of `atom.feed`."""
    write, media_type = _WRITERS[form]
    response = conditional(Response(write(title, page, own, entries), mimetype=media_type))
    response.headers["Access-Control-Allow-Origin"] = "*"  # public data, no credentials
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
