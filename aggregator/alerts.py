"""Technical news by mail, to admins only: what is new and what is over, in one letter.

Never more often than the settings say, however much happens; a letter that cannot be sent is tried
again with everything that came meanwhile.
"""

import logging
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from aggregator.clock import instant, stamp
from aggregator.config.settings import Settings
from aggregator.errors import AggregatorError
from aggregator.mail import Letter, is_set_up, mailer
from aggregator.store import alerts
from aggregator.store.alerts import Alert

log = logging.getLogger(__name__)
MOST = 25  # of each kind named in a letter; the rest is counted


def watch(db: sqlite3.Connection, database: Path, settings: Settings, now: datetime) -> int:
    """Look at everything, and tell the admins what is new; return how many letters left."""
    alerts.update(db, alerts.look(db, database, now, settings.disk_low_mb), stamp(now))
    new, lasting, over = alerts.standing(db)
    to = [part.strip() for part in settings.alert_to.split(",") if part.strip()]
    last = alerts.mailed_at(db)
    too_soon = bool(last) and instant(last) + settings.alert_every > now
    if not (new or over) or too_soon or not to or not is_set_up(settings):
        return 0
    letter = (subject(new, over), text(new, lasting, over, settings.web_url))
    try:
        with mailer(settings, now) as line:
            for one in to:
                line.send(Letter(to=one, subject=letter[0], text=letter[1]))
    except AggregatorError as error:
        log.error("the mail to admins did not leave: %s", error)  # noqa: TRY400 (it says it all)
        return 0
    alerts.mark_mailed(db, now)
    log.info("mailed alerts new=%s lasting=%s over=%s", len(new), len(lasting), len(over))
    return len(to)


def subject(new: Sequence[Alert], over: Sequence[str]) -> str:
    """Say how much there is, in a line."""
    if not new:
        return f"Querverweis: {len(over)} Störungen behoben"
    return (
        f"Querverweis: {len(new)} neue Meldungen" if len(new) > 1 else f"Querverweis: {_one(new)}"
    )


def _one(new: Sequence[Alert]) -> str:
    return " ".join(new[0].told.split())[:120]


def text(new: Sequence[Alert], lasting: Sequence[Alert], over: Sequence[str], web_url: str) -> str:
    """Write the letter: first what is new, with what to do, then what is over and what lasts."""
    lines: list[str] = []
    if new:
        lines += ["NEU", ""]
        for alert in new[:MOST]:
            lines += [f"- {alert.told}", f"  Abhilfe: {alert.remedy}"]
        lines += _more(len(new))
    if over:
        lines += ["", "WIEDER IN ORDNUNG", "", *(f"- {told}" for told in over[:MOST])]
        lines += _more(len(over))
    if lasting:
        lines += ["", f"Weiterhin offen: {len(lasting)}"]
    if web_url:
        lines += ["", f"Alle Quellen: {web_url}/admin/sources"]
    return "\n".join(lines).lstrip("\n") + "\n"


def _more(number: int) -> list[str]:
    return [f"- … und {number - MOST} weitere"] if number > MOST else []
