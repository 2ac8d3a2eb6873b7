"""The server with which the checklist lets people try a new kind."""

import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

import httpx

from tests.parse.serve import handler


def test_an_address_is_answered_by_path_and_query_and_others_are_absent(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text("[1]")
    (tmp_path / "two.json").write_text("[2]")
    table = tmp_path / "answers.json"
    table.write_text('{"/list?page=1": "one.json", "/list": "two.json"}')
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(table))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    with httpx.Client() as client:
        asked = {path: client.get(address + path) for path in ("/list?page=1", "/list", "/other")}
        table.write_text("{}")
        assert client.get(f"{address}/list").status_code == 404
    server.shutdown()
    server.server_close()
    assert asked["/list?page=1"].json() == [1]
    assert asked["/list?page=1"].headers["content-type"] == "application/json"
    assert asked["/list"].json() == [2]
    assert asked["/other"].status_code == 404
