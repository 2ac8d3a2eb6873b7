"""Letters by SMTP: plain text, optionally HTML beside it, with one-click unsubscribing (RFC 8058).

The one home of smtplib. Nothing is sent unless a mail server is set; a line without protection is
used only where the settings say so, and a password never travels on one.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from aggregator import logs
from aggregator.config.settings import Settings, smtp_password
from aggregator.errors import AggregatorError

TIMEOUT_S = 20


class MailError(AggregatorError):
    """The mail server did not take a letter, or there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter to one person."""

    to: str
    subject: str
    text: str
    html: str = ""
    unsubscribe: str = ""  # https address that takes a POST; "": nothing to unsubscribe from


class Mailer:
    """An open line to the mail server.

    Args:
        line: The session.
        sender: Who writes.
        now: For the date of the letters.
    """

    def __init__(self, line: smtplib.SMTP, sender: str, now: datetime) -> None:
        self._line, self._sender, self._now = line, sender, now

    def send(self, letter: Letter) -> None:
        """Hand a letter over to the mail server.

        Raises:
            MailError: It was refused; other letters may still go through.
        """
        try:
            self._line.send_message(message(letter, self._sender, self._now))
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise _refused(error, letter.to) from error


def is_set_up(settings: Settings) -> bool:
    """Whether letters can leave at all."""
    return bool(settings.smtp_host and settings.mail_from)


@contextmanager
def mailer(settings: Settings, now: datetime) -> Iterator[Mailer]:
    """Open a line to the mail server for as long as the block runs.

    Raises:
        MailError: There is none, it cannot be reached, or it does not let us in.
        ConfigError: The password cannot be read.
    """
    if not is_set_up(settings):
        raise MailError("es ist kein Mailserver eingestellt", where="settings.toml",
                        remedy="smtp_host und mail_from eintragen")  # fmt: skip
    password = smtp_password(settings)
    try:
        line = _open(settings)
    except (smtplib.SMTPException, OSError) as error:
        raise _refused(error, settings.smtp_host) from error
    try:
        try:
            if settings.smtp_user:
                line.login(settings.smtp_user, password)
        except (smtplib.SMTPException, OSError) as error:
            raise _refused(error, settings.smtp_host) from error
        yield Mailer(line, settings.mail_from, now)
    finally:
        _close(line)


def _open(settings: Settings) -> smtplib.SMTP:
    """Connect, protected as the settings say."""
    context = ssl.create_default_context()
    if settings.ca_file:
        context.load_verify_locations(settings.ca_file)
    place = (settings.smtp_host, settings.smtp_port)
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(*place, timeout=TIMEOUT_S, context=context)
    line = smtplib.SMTP(*place, timeout=TIMEOUT_S)
    try:
        if settings.smtp_security == "starttls":
            line.starttls(context=context)
        elif settings.smtp_user:
            raise smtplib.SMTPException("a password would travel unprotected: smtp_security = none")
    except (smtplib.SMTPException, OSError):
        _close(line)
        raise
    return line


def _close(line: smtplib.SMTP) -> None:
    try:
        line.quit()
    except (smtplib.SMTPException, OSError):
        line.close()


def _refused(error: Exception, where: str) -> MailError:
    return MailError(
        f"der Mailserver nimmt nichts an ({logs.without_secrets(str(error))})", where=where,
        remedy="smtp_host, smtp_port, smtp_security, smtp_user und das Passwort prüfen",
    )  # fmt: skip


def message(letter: Letter, sender: str, now: datetime) -> EmailMessage:
    """Write a letter in the form that travels.

    Raises:
        ValueError: A header would hold a line break.
    """
    told = EmailMessage()
    told["From"] = Address("Querverweis", addr_spec=sender)
    told["To"] = letter.to
    told["Subject"] = letter.subject
    told["Date"] = format_datetime(now)
    told["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or None)
    told["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notes, please
    if letter.unsubscribe:
        told["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        told["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    told.set_content(letter.text)
    if letter.html:
        told.add_alternative(letter.html, subtype="html")
    return told
