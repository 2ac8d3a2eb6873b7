"""Static files: addressed by their content, so browsers may keep them for good; gzip for all text.

Fonts are named by the stylesheet, which knows no hashes: a changed font gets another name.

Compression is done here because the product is complete without a proxy before it. What is static
is compressed once for each process.
"""

import gzip
import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, request, url_for

FOREVER = "public, max-age=31536000, immutable"
COMPRESSIBLE = ("text/", "application/json", "application/atom+xml", "application/javascript",
                "application/opensearchdescription+xml", "image/svg+xml")  # fmt: skip
WORTH_BYTES = 500  # below, the gzip header eats the gain
STATIC = Path(__file__).parent / "static"


def init_app(app: Flask) -> None:
    """Give templates `asset`, and compress and date answers."""
    app.add_template_global(asset)
    app.after_request(finish)


def asset(name: str) -> str:
    """Return the address of a static file, with the hash of its content."""
    return url_for("static", filename=name, v=_digest(name))


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]


def finish(response: Response) -> Response:
    """Let browsers keep what never changes, and compress what is text."""
    if request.endpoint == "static" and response.status_code == 200:
        lasting = "v" in request.args or request.path.endswith(".woff2")
        response.headers["Cache-Control"] = FOREVER if lasting else "no-cache"
    if not (response.mimetype or "").startswith(COMPRESSIBLE):
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code == 200 and request.accept_encodings.quality("gzip") > 0:
        _compress(response)
    return response


def _compress(response: Response) -> None:
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < WORTH_BYTES or "Content-Encoding" in response.headers:
        return
    packed = _packed(body) if request.endpoint == "static" else gzip.compress(body, 5, mtime=0)
    response.set_data(packed)
    response.headers["Content-Encoding"] = "gzip"
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)  # other bytes, same content (RFC 9110 8.8.1)


@cache
def _packed(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)
