"""Headers that keep a page from doing what it should not: no inline code, no third parties.

What was made for somebody who is signed in, or may be read by those alone, is kept by no cache that
others use, and handed to no other site.
"""

from flask import Flask, Response, request

from web import access, sessions

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "Referrer-Policy": "no-referrer",  # the originals need not learn what was searched here
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def init_app(app: Flask) -> None:
    """Add the headers to every answer."""

    @app.after_request
    def harden(response: Response) -> Response:
        if request.endpoint != "static" and (access.is_closed() or sessions.presented()):
            _keep_private(response)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def _keep_private(response: Response) -> None:
    response.vary.add("Cookie")
    if "no-store" not in response.headers.get("Cache-Control", ""):
        response.headers["Cache-Control"] = "private, no-cache"
    for name in ("Access-Control-Allow-Origin", "Cross-Origin-Resource-Policy"):
        response.headers.pop(name, None)
