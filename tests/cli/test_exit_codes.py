"""How the command line ends, and where it says why."""

import json
import subprocess
import sys

import pytest

from aggregator.cli import COMMANDS, run
from tests.cli.conftest import Program


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that end as their names say."""
    for name in ("bug", "interrupted", "unread"):
        monkeypatch.setitem(COMMANDS, name, ("tests.cli.broken", "Endet nicht, wie es soll."))


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["refresh", "--help"]])
def test_help_is_fine(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 0
    assert capsys.readouterr().out


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    run(["--help"])

    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize(
    "words", [["refresh", "--gibt-es-nicht"], ["gibtsnicht"], ["import", "a.csv"]],
    ids=["option", "command", "missing option"],
)  # fmt: skip
def test_usage_ends_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    assert capsys.readouterr().err

    assert run([*words, "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "config_invalid"
    assert error["message"]


def test_a_mistake_in_the_list_ends_with_2_and_makes_no_database(aggregator: Program) -> None:
    aggregator.source_list.write_text("sources:\n  - id: eins\n", encoding="utf-8")

    assert aggregator("refresh") == 2

    assert f"{aggregator.source_list}:2" in aggregator.err
    assert "Abhilfe: " in aggregator.err
    assert not aggregator.data.exists()


@pytest.mark.usefixtures("broken")
def test_a_bug_ends_with_70_and_its_traceback(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert run(["bug"]) == 70

    assert capsys.readouterr().out == ""
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.usefixtures("broken")
def test_an_interruption_ends_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["interrupted"]) == 130
    assert "Abgebrochen." in capsys.readouterr().err


@pytest.mark.usefixtures("broken")
def test_a_reader_who_goes_away_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["unread"]) == 0
    assert capsys.readouterr().err == ""


def test_a_closed_pipe_is_no_failure(aggregator: Program) -> None:
    words = [sys.executable, "-m", "aggregator", "--sources", str(aggregator.source_list)]
    with subprocess.Popen(
        [*words, "sources", "check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as done:
        assert done.stdout is not None
        assert done.stderr is not None
        done.stdout.close()

        assert done.stderr.read() == b""
    assert done.returncode == 0
