"""The settings of an installation: `data/settings.toml`, overridden by `AGGREGATOR_<NAME>`.

One table has each with its type, default and meaning; docs/settings.md is checked against it.
"""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aggregator import logs
from aggregator.config.mistakes import InvalidConfigError, Mistake, WrongError, shown, suggestion
from aggregator.config.values import address, positive_duration
from aggregator.errors import ConfigError

FILE = "settings.toml"
PREFIX = "AGGREGATOR_"
HTTP_CLIENTS = ("auto", "lean", "httpx")
READING = ("open", "login")
LOG_FORMATS = ("text", "json")
NEW_ROLES = ("", "reader", "moderator")
MAIL_SECURITY = ("starttls", "tls", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an installation may set; the fields are explained in `SETTINGS`."""

    contact: str = ""
    workers: int = 8
    parse_workers: int = 2
    fast_feeds: bool = True
    request_deadline: timedelta = timedelta(seconds=30)
    max_page_mb: int = 10
    max_document_mb: int = 30
    http_client: str = "auto"
    proxy: str = ""
    ca_file: str = ""
    link_time: timedelta = timedelta(minutes=5)
    link_checks: int = 60
    keep_requests: timedelta = timedelta(days=30)
    keep_problems: timedelta = timedelta(days=30)
    keep_runs: timedelta = timedelta(days=90)
    keep_audit: timedelta = timedelta(days=365)
    web_host: str = "127.0.0.1"
    web_port: int = 8080
    web_threads: int = 4  # reading is short, and SQLite releases the interpreter's lock
    web_hosts: str = ""
    proxies: int = 0
    prefix: str = ""
    reading: str = "open"
    session_time: timedelta = timedelta(hours=12)
    secret_file: str = ""
    web_url: str = ""
    log_format: str = "text"
    backup_dir: str = ""
    backup_every: timedelta = timedelta(days=1)
    keep_backups: int = 14
    disk_low_mb: int = 1024
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: str = "starttls"
    smtp_user: str = ""
    smtp_password_file: str = ""
    mail_from: str = ""
    alert_to: str = ""
    alert_every: timedelta = timedelta(hours=6)
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_secret_file: str = ""
    oidc_name_claim: str = "preferred_username"
    oidc_new_role: str = ""
    user_header: str = ""
    user_header_from: str = "127.0.0.1, ::1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting: how it is read and what it means."""

    name: str
    read: Callable[[Any], Any]  # raises WrongError
    about: str  # German

    @property
    def variable(self) -> str:
        """The environment variable that overrides the file."""
        return PREFIX + self.name.upper()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise WrongError(f"{shown(str(value))} ist kein Text", "Text in Anführungszeichen setzen")
    return value


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        number = int(value) if isinstance(value, str) and value.isdecimal() else value
        if type(number) is int and least <= number <= most:
            return number
        raise WrongError(f"{shown(str(value))} ist keine ganze Zahl von {least} bis {most}",
                         f"eine Zahl von {least} bis {most} eintragen")  # fmt: skip

    return read


def _duration(value: Any) -> timedelta:
    return positive_duration(_text(value))


def _truth(value: Any) -> bool:
    known = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
    if isinstance(value, bool | str) and value in known:
        return known[value]
    raise WrongError(f"{shown(str(value))} ist weder wahr noch falsch",
                     "true oder false eintragen")  # fmt: skip


def _one_of(what: str, words: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if _text(value) not in words:
            raise WrongError(
                f"{shown(value)} ist {what}", f"eines von {', '.join(words)} eintragen"
            )
        return str(value)

    return read


def _mailboxes(value: Any) -> str:
    """Mail addresses with commas between them; no line break may reach a header."""
    for one in filter(None, (part.strip() for part in _text(value).split(","))):
        if not re.fullmatch(r"[^\s@,<>]+@[^\s@,<>]+\.?[^\s@,<>]*", one):
            raise WrongError(f"{shown(one)} ist keine Mailadresse",
                             "als name@amt.example eintragen, mehrere mit Komma")  # fmt: skip
    return str(value)


def _web_address(value: Any) -> str:
    url = _text(value)
    return address(url).rstrip("/") if url else ""


def _reading(value: Any) -> str:
    if _text(value) not in READING:
        raise WrongError(f"{shown(value)} ist keine Leseordnung",
                         f"einen von {', '.join(READING)} eintragen")  # fmt: skip
    return str(value)


def _hosts(value: Any) -> str:
    """Read names of hosts; one that begins with a dot stands for all below it."""
    for name in _text(value).split(","):
        if name.strip() and not re.fullmatch(
            r"\.?[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?", name.strip()
        ):
            raise WrongError(f"{shown(name.strip())} ist kein Name eines Rechners",
                             "ohne http:// und ohne Port eintragen, etwa amt.example")  # fmt: skip
    return str(value)


def _networks(value: Any) -> str:
    """Addresses or networks with commas between them."""
    for one in filter(None, (part.strip() for part in _text(value).split(","))):
        try:
            ip_network(one)
        except ValueError as error:
            raise WrongError(f"{shown(one)} ist weder IP-Adresse noch Netz",
                             "als 10.0.0.5 oder 10.0.0.0/24 eintragen") from error  # fmt: skip
    return str(value)


def _header(value: Any) -> str:
    if _text(value) and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", value):
        raise WrongError(f"{shown(value)} ist kein Name eines Kopffelds",
                         "etwa X-Remote-User eintragen")  # fmt: skip
    return str(value)


def _prefix(value: Any) -> str:
    path = _text(value).rstrip("/")
    if path and not re.fullmatch(r"(/[a-zA-Z0-9._~-]+)+", path):
        raise WrongError(f"{shown(path)} ist kein Unterpfad", "als /querverweis eintragen")
    return path


def _proxy(value: Any) -> str:
    url = _text(value)
    if url and (not address(url).startswith("http://") or urlsplit(url).port is None):
        raise WrongError(f"{shown(url)} ist kein Proxy", "als http://name:port eintragen")
    return url


def _file(value: Any) -> str:
    path = _text(value)
    if path and not Path(path).is_file():
        raise WrongError(f"die Datei {shown(path)} gibt es nicht", "den Pfad berichtigen")
    return path


SETTINGS = (
    Setting(name="contact", read=_text,
            about="E-Mail oder Adresse, die andere Betreiber im User-Agent lesen; leer: die aus "
                  "sources.yaml"),
    Setting(name="workers", read=_whole(1, 64), about="So viele Quellen werden zugleich gelesen"),
    Setting(name="parse_workers", read=_whole(0, 64),
            about="So viele Prozesse lesen Dokumente; 0: alles in einem, ohne Schutz vor"
                  " Dokumenten, die das Leseprogramm anhalten"),
    Setting(name="fast_feeds", read=_truth,
            about="Schlichte Feeds werden ohne feedparser gelesen, mit demselben Ergebnis"),
    Setting(name="request_deadline", read=_duration,
            about="So lange darf ein Abruf samt Umleitungen dauern"),
    Setting(name="max_page_mb", read=_whole(1, 1024),
            about="So groß darf eine Seite oder ein Feed sein, ausgepackt, in MB"),
    Setting(name="max_document_mb", read=_whole(1, 1024),
            about="So groß darf ein Dokument oder eine Sitemap sein, ausgepackt, in MB"),
    Setting(name="http_client", read=_one_of("kein HTTP-Client", HTTP_CLIENTS),
            about="Wer die Anfragen stellt: `lean` (Sockets mit llhttp), `httpx`, oder `auto`: "
                  "`lean`, wo llhttp installiert ist. Beide halten dieselben Regeln"),
    Setting(name="proxy", read=_proxy,
            about="Proxy, über den Anfragen das Haus verlassen, als http://name:port"),
    Setting(name="ca_file", read=_file,
            about="Weitere vertrauenswürdige Zertifikate (PEM), etwa eines Proxys im Haus"),
    Setting(name="link_time", read=_duration,
            about="So lange arbeitet ein Abruf an einem großen Rückstand von Verknüpfungen"),
    Setting(name="link_checks", read=_whole(0, 10_000),
            about="So viele Adressen außerhalb, auf die Einträge verlinken, sieht der Scheduler je "
                  "Stunde nach; 0: keine"),
    Setting(name="keep_requests", read=_duration,
            about="So lange bleibt jede einzelne Anfrage im Protokoll; Tagessummen bleiben"),
    Setting(name="keep_problems", read=_duration,
            about="So lange bleibt, was ein Lauf zurückgewiesen hat"),
    Setting(name="keep_runs", read=_duration, about="So lange bleiben Protokolle der Läufe"),
    Setting(name="keep_audit", read=_duration,
            about="So lange bleibt, wer was getan hat, und was an Rückmeldungen erledigt ist"),
    Setting(name="web_host", read=_text, about="Adresse, an der die Webanwendung lauscht"),
    Setting(name="web_port", read=_whole(1, 65535), about="Port der Webanwendung"),
    Setting(name="web_threads", read=_whole(1, 128),
            about="So viele Anfragen beantwortet die Webanwendung zugleich"),
    Setting(name="web_hosts", read=_hosts,
            about="Namen, unter denen die Webanwendung erreichbar ist, durch Komma getrennt; leer:"
                  " nur localhost, IP-Adressen und der Name dieses Rechners"),
    Setting(name="proxies", read=_whole(0, 5),
            about="So viele Reverse Proxies stehen davor, deren X-Forwarded-* gilt"),
    Setting(name="prefix", read=_prefix,
            about="Unterpfad, unter dem alles liegt, etwa /querverweis"),
    Setting(name="reading", read=_reading,
            about="Wer lesen darf: `open` alle, `login` nur, wer ein Konto hat"),
    Setting(name="session_time", read=_duration, about="So lange gilt eine Anmeldung"),
    Setting(name="secret_file", read=_file,
            about="Datei mit dem Geheimnis, das Cookies und Formulare beglaubigt; leer: secret.key"
                  " im Datenordner, beim ersten Start erzeugt"),
    Setting(name="web_url", read=_web_address,
            about="Adresse, unter der Menschen die Webanwendung erreichen; steht in Mails"),
    Setting(name="log_format", read=_one_of("keine Form des Protokolls", LOG_FORMATS),
            about="Form des Protokolls auf der Standardfehlerausgabe: text oder json"),
    Setting(name="backup_dir", read=_text,
            about="Ordner, in den der Scheduler sichert; leer: er sichert nicht"),
    Setting(name="backup_every", read=_duration, about="Abstand dieser Sicherungen"),
    Setting(name="keep_backups", read=_whole(1, 1000),
            about="So viele dieser Sicherungen bleiben, die jüngsten"),
    Setting(name="disk_low_mb", read=_whole(1, 1_000_000),
            about="Unter so viel freiem Platz, in MB, schlagen doctor und die Mail Alarm"),
    Setting(name="smtp_host", read=_text, about="Mailserver; leer: es gehen keine Mails hinaus"),
    Setting(name="smtp_port", read=_whole(1, 65535), about="Sein Port"),
    Setting(name="smtp_security", read=_one_of("kein Schutz der Leitung", MAIL_SECURITY),
            about="Schutz der Leitung: starttls, tls oder none (nur im eigenen Netz)"),
    Setting(name="smtp_user", read=_text, about="Anmeldung am Mailserver; leer: keine"),
    Setting(name="smtp_password_file", read=_file,
            about="Datei mit dem Passwort; oder die Variable AGGREGATOR_SMTP_PASSWORD"),
    Setting(name="mail_from", read=_mailboxes, about="Absender der Mails"),
    Setting(name="alert_to", read=_mailboxes,
            about="Wer technische Meldungen bekommt, mit Komma getrennt; leer: niemand"),
    Setting(name="alert_every", read=_duration,
            about="Höchstens so oft geht eine technische Meldung hinaus; sie sammelt, was neu ist"),
    Setting(name="oidc_issuer", read=_web_address,
            about="Anmeldedienst des Hauses (OpenID Connect), seine Adresse ohne"
                  " /.well-known/...; leer: keiner"),
    Setting(name="oidc_client_id", read=_text, about="Unter dieser Kennung kennt uns der Dienst"),
    Setting(name="oidc_secret_file", read=_file,
            about="Datei mit dem Geheimnis dazu; oder die Variable AGGREGATOR_OIDC_SECRET; leer:"
                  " der Dienst verlangt keines"),
    Setting(name="oidc_name_claim", read=_text,
            about="Angabe des Dienstes, die der Name des Kontos wird"),
    Setting(name="oidc_new_role", read=_one_of("keine Rolle für neue Konten", NEW_ROLES),
            about="Rolle, mit der ein Konto bei der ersten Anmeldung entsteht; leer: nur, wer"
                  " schon eines hat, kommt hinein"),
    Setting(name="user_header", read=_header,
            about="Kopffeld, in dem ein Proxy des Hauses nennt, wer angemeldet ist; leer: keines"),
    Setting(name="user_header_from", read=_networks,
            about="Nur von diesen Adressen oder Netzen, durch Komma getrennt, gilt es"),
)  # fmt: skip


def load_settings(data_dir: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings of an installation.

    Args:
        data_dir: The folder that may hold `settings.toml`.
        environ: The environment; a variable counts more than the file.

    Raises:
        InvalidConfigError: The file or a variable is wrong; every mistake is listed.
    """
    file = data_dir / FILE
    mistakes: list[Mistake] = []
    told = _read_file(file, mistakes)
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        variable = environ.get(setting.variable)
        if variable is not None:
            values[setting.name] = _take(setting, variable, setting.variable, 1, mistakes)
        elif setting.name in told:
            value, line = told[setting.name]
            values[setting.name] = _take(setting, value, str(file), line, mistakes)
    if mistakes:
        raise InvalidConfigError(mistakes)
    return Settings(**values)


def smtp_password(settings: Settings, environ: Mapping[str, str] = os.environ) -> str:
    """Return the password of the mail server: from the environment, else from its file, else "".

    Raises:
        ConfigError: The file cannot be read.
    """
    told = environ.get(f"{PREFIX}SMTP_PASSWORD")
    return _secret(told, settings.smtp_password_file, "das Passwort des Mailservers")


def oidc_secret(settings: Settings, environ: Mapping[str, str] = os.environ) -> str:
    """Return what proves to the sign-in service who we are; from where as with `smtp_password`.

    Raises:
        ConfigError: The file cannot be read.
    """
    told = environ.get(f"{PREFIX}OIDC_SECRET")
    return _secret(told, settings.oidc_secret_file, "das Geheimnis für den Anmeldedienst")


def _secret(told: str | None, file: str, what: str) -> str:
    """Return a secret, which logs leave out from now on."""
    try:
        if told is None and file:
            told = Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{what} lässt sich nicht lesen ({error})", where=file,
                          remedy="Pfad und Rechte der Datei prüfen") from error  # fmt: skip
    logs.keep_out(told or "")
    return told or ""


def _take(setting: Setting, value: Any, place: str, line: int, mistakes: list[Mistake]) -> Any:
    """Return one value, or None with a note of what is wrong with it."""
    try:
        return setting.read(value)
    except WrongError as error:
        cause = f"„{setting.name}“: {error.cause}"
        mistakes.append(Mistake(file=place, line=line, cause=cause, remedy=error.remedy))
        return None


def _read_file(file: Path, mistakes: list[Mistake]) -> dict[str, tuple[Any, int]]:
    """Return what the file says, with its lines; unknown names are noted."""
    try:
        text = file.read_text("utf-8")
        told = tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        mistakes.append(Mistake(file=str(file), line=1, remedy="Rechte und Kodierung prüfen",
                                cause=f"die Datei lässt sich nicht lesen ({error})"))  # fmt: skip
        return {}
    except tomllib.TOMLDecodeError as error:
        mistakes.append(_toml_mistake(file, str(error)))
        return {}
    known = [setting.name for setting in SETTINGS]
    found = {name: (value, _line(text, name)) for name, value in told.items()}
    for name, (_, line) in found.items():
        if name not in known:
            mistakes.append(Mistake(file=str(file), line=line, remedy=suggestion(name, known),
                                    cause=f"unbekannte Einstellung {shown(name)}"))  # fmt: skip
    return found


def _toml_mistake(file: Path, said: str) -> Mistake:
    """Return the parser's complaint with its line ("... (at line 3, column 1)")."""
    number = said.partition("at line ")[2].partition(",")[0]
    return Mistake(
        file=str(file), line=int(number) if number.isdecimal() else 1,
        cause=f"das ist kein lesbares TOML ({said})",
        remedy="„name = wert“ schreiben, Text in Anführungszeichen",
    )  # fmt: skip


def _line(text: str, name: str) -> int:
    """Return the line in which a name stands (names at the top begin their line in TOML)."""
    found = re.search(rf"^[ \t\[\"']*{re.escape(name)}\b", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1
