"""Serves bodies of a folder under the addresses that a table names, to try a new source kind.

    python -m tests.parse.serve answers.json --port 8765

The table maps path and query, as they are asked for, to a file beside it. It is read anew for each
request, so a second crawl can be given something else.
"""

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TYPES = {".json": "application/json", ".html": "text/html", ".xml": "application/xml"}


def handler(table: Path) -> type[BaseHTTPRequestHandler]:
    """Return what answers requests by the table."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = json.loads(table.read_text("utf-8")).get(self.path)
            if name is None:
                self.send_error(404)
                return
            file = table.parent / name
            body = file.read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", TYPES.get(file.suffix, "application/octet-stream"))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Answers


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--port", type=int, default=8765)
    told = parser.parse_args()
    ThreadingHTTPServer(("127.0.0.1", told.port), handler(told.table)).serve_forever()


if __name__ == "__main__":
    main()
