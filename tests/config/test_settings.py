"""Settings come from a file, the environment counts more; mistakes are told with their place."""

from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import config
from aggregator.config import InvalidConfigError, Settings, load_settings
from aggregator.config.settings import SETTINGS
from aggregator.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    (folder / "settings.toml").write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "nirgends", {}) == Settings()


def test_every_field_has_a_setting_with_a_meaning() -> None:
    assert [setting.name for setting in SETTINGS] == list(Settings.__dataclass_fields__)
    assert all(setting.about for setting in SETTINGS)


def test_the_file_is_read_and_the_environment_counts_more(tmp_path: Path) -> None:
    write(tmp_path, 'contact = "grün@amt.example"\nworkers = 2\nkeep_runs = "30d"\n'
          'proxy = "http://proxy.amt.example:3128"\nca_file = ""\n')  # fmt: skip

    settings = load_settings(tmp_path, {"AGGREGATOR_WORKERS": "4", "AGGREGATOR_NOW": "egal"})

    assert settings.contact == "grün@amt.example"
    assert settings.workers == 4
    assert settings.keep_runs == timedelta(days=30)
    assert (settings.proxy, settings.ca_file) == ("http://proxy.amt.example:3128", "")


@pytest.mark.parametrize(
    ("text", "line", "cause", "remedy"),
    [
        pytest.param(
            "\nworker = 2\n", 2, "unbekannte Einstellung „worker“", "„workers“", id="name"
        ),
        pytest.param("workers = 0\n", 1, "ganze Zahl von 1 bis 64", "eintragen", id="too-small"),
        pytest.param("workers = true\n", 1, "ganze Zahl", "eintragen", id="truth-value"),
        pytest.param("web_port = 2.5\n", 1, "ganze Zahl", "eintragen", id="fraction"),
        pytest.param("contact = 5\n", 1, "kein Text", "Anführungszeichen", id="number-for-text"),
        pytest.param("web_port = 1\nkeep_runs = '3 Tage'\n", 2, "keine Dauer", "7d", id="duration"),
        pytest.param("ca_file = '/nirgends.pem'\n", 1, "gibt es nicht", "Pfad", id="no-such-file"),
        pytest.param("proxy = 'http://proxy'\n", 1, "kein Proxy", "name:port", id="proxy-port"),
        pytest.param("proxy = 'proxy:3128'\n", 1, "beginnt nicht", "https://", id="proxy-scheme"),
        pytest.param("[web]\nport = 1\n", 1, "unbekannte Einstellung „web“", "web_", id="section"),
        pytest.param(
            "workers = 1\nweb_port =\n", 2, "kein lesbares TOML", "name = wert", id="toml"
        ),
        pytest.param("workers\n", 1, "kein lesbares TOML", "name = wert", id="no-value"),
    ],
)
def test_a_mistake_in_the_file_is_told(
    text: str, line: int, cause: str, remedy: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        load_settings(write(tmp_path, text), {})

    [mistake] = caught.value.mistakes
    assert mistake.where == f"{tmp_path / 'settings.toml'}:{line}"
    assert cause in mistake.cause
    assert remedy in mistake.remedy


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match="AGGREGATOR_WEB_PORT") as caught:
        load_settings(tmp_path, {"AGGREGATOR_WEB_PORT": "80a"})

    assert "ganze Zahl von 1 bis 65535" in caught.value.message


def test_all_mistakes_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        load_settings(write(tmp_path, "workers = 0\nport = 1\n"), {"AGGREGATOR_KEEP_RUNS": "x"})

    assert len(caught.value.mistakes) == 3


def test_a_file_that_is_no_utf8_is_told(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_bytes(b'contact = "gr\xfcn"\n')

    with pytest.raises(InvalidConfigError, match="nicht lesen"):
        load_settings(tmp_path, {})


def test_a_duration_on_the_command_line() -> None:
    assert config.duration("90s") == timedelta(seconds=90)
    with pytest.raises(ConfigError, match="keine Dauer") as caught:
        config.duration("bald")
    assert "30m" in caught.value.remedy
