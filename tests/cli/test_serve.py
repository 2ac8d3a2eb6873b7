"""`serve`: ready quickly, named on standard error, ended by SIGTERM."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from aggregator import store
from aggregator.cli.common import Context
from aggregator.cli.serve import address, bind, prepare
from aggregator.errors import StoreError
from tests.cli.conftest import Program


def context(folder: Path) -> Context:
    """Return a context without a source list."""
    return Context(folder / "data", folder / "sources.yaml")


def test_serve_answers_and_ends_by_sigterm(tmp_path: Path) -> None:
    environment = os.environ | {"AGGREGATOR_DATA": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "aggregator", "serve", "--port", "0"],
        stderr=subprocess.PIPE, env=environment, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert process.stderr
    try:
        line = process.stderr.readline()
        url = line.split("unter ")[1].split()[0]
        with urlopen(f"{url}health.json", timeout=10) as answer:
            assert json.load(answer)["status"] == "ok"
        with pytest.raises(HTTPError) as refused:  # a megabyte, each byte percent-encoded
            urlopen(f"{url}search.json?q={'%C3' * 1_000_000}", timeout=10)
        assert refused.value.code == 400
        assert json.load(refused.value)["error"]["code"] == "query_invalid"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 10
        with pytest.raises(URLError):
            urlopen(url, timeout=2)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_taken_address_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    first = bind(ctx, "127.0.0.1", 0, proxies=0, prefix="")
    try:
        port = int(address(first).rsplit(":", 1)[1].strip("/"))
        with pytest.raises(StoreError) as caught:
            bind(ctx, "127.0.0.1", port, proxies=0, prefix="")
        assert "--port" in caught.value.remedy
    finally:
        first.close()


def test_the_settings_say_where_to_listen(aggregator: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        aggregator.data.mkdir()
        (aggregator.data / "settings.toml").write_text(f"web_port = {port}\n", encoding="utf-8")

        assert aggregator("serve") == 2

    assert f"127.0.0.1:{port}: die Adresse lässt sich nicht belegen" in aggregator.err


def test_serving_makes_the_database_that_readers_need(tmp_path: Path) -> None:
    ctx = context(tmp_path)

    prepare(ctx)

    store.connect(ctx.database, readonly=True).close()


def test_a_mistake_in_the_source_list_does_not_keep_the_index_from_being_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ctx = context(tmp_path)
    ctx.sources.write_text("platforms: 7\n", "utf-8")

    prepare(ctx)

    assert "Die Quellenliste ist fehlerhaft" in capsys.readouterr().err
    assert ctx.database.exists()


def test_the_address_for_people_is_one_that_they_can_open() -> None:
    class Server:
        effective_host = "0.0.0.0"
        effective_port = 8000

    assert address(Server(), "/querverweis") == "http://localhost:8000/querverweis/"
