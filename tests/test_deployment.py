"""What is shipped to run the product names commands, settings and addresses that exist."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from aggregator.cli import COMMANDS
from aggregator.config.settings import SETTINGS

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "operations"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
UNITS = sorted((FOLDER / "systemd").iterdir())
BEYOND = {"DATA", "SOURCES", "PROXIES", "PREFIX", "SMTP_PASSWORD"}  # no settings, but variables


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_commands_and_variables_exist(file: Path) -> None:
    text = file.read_text("utf-8")

    commands = set(re.findall(r"(?:bin/aggregator |\[aggregator, |\"aggregator\", \")(\w+)", text))
    names = set(re.findall(r"AGGREGATOR_([A-Z_]+)", text))

    assert commands <= set(COMMANDS)
    assert names <= BEYOND | {setting.name.upper() for setting in SETTINGS}


@pytest.mark.parametrize("file", UNITS, ids=lambda path: path.name)
def test_units_are_complete(file: Path) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # as the module documents it
    unit.read_string(file.read_text("utf-8"))

    assert unit["Unit"]["Description"].startswith("Querverweis: ")
    if file.suffix == ".timer":
        assert (FOLDER / "systemd" / f"{file.stem}.service").exists()
        return
    assert unit["Service"]["User"] == "querverweis"
    assert unit["Service"]["NoNewPrivileges"] == "yes"
    assert unit["Service"]["UMask"] == "0077"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("file", UNITS, ids=lambda path: path.name)
def test_systemd_understands_every_line(file: Path, tmp_path: Path) -> None:
    placed = tmp_path / file.name
    text = file.read_text("utf-8").replace("/srv/querverweis/.venv/bin/aggregator", "/bin/true")
    placed.write_text(text, encoding="utf-8")
    if file.suffix == ".timer":
        service = FOLDER / "systemd" / f"{file.stem}.service"
        text = service.read_text("utf-8").replace(
            "/srv/querverweis/.venv/bin/aggregator", "/bin/true"
        )
        (tmp_path / service.name).write_text(text, encoding="utf-8")

    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(placed)],
                          capture_output=True, text=True, check=False)  # fmt: skip

    ours = [line for line in done.stderr.splitlines() if file.stem in line]
    assert [line for line in ours if "Unknown" in line or "Failed to parse" in line] == []


def test_compose_runs_both_services_on_one_volume() -> None:
    told = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))

    assert set(told["services"]) == {"web", "schedule"}
    for service in told["services"].values():
        assert "data:/var/lib/querverweis" in service["volumes"]
        assert service["cap_drop"] == ["ALL"]


def test_the_container_asks_an_address_of_ours_and_runs_as_nobody_special() -> None:
    text = (FOLDER / "Containerfile").read_text("utf-8")

    assert "/health/live.json" in text
    assert text.index("USER querverweis") < text.index('CMD ["aggregator"')
    for file in re.findall(r"--requirement (\S+)", text):
        assert (ROOT / file).exists()


def test_cron_escapes_what_cron_would_read_as_line_breaks() -> None:
    lines = (FOLDER / "crontab").read_text("utf-8").splitlines()

    jobs = [line for line in lines if line[:1] in "*0123456789" and line]
    assert len(jobs) == 3
    assert all(not re.search(r"(?<!\\)%", line) for line in jobs)
