"""May this answer be believed? Its source's promises, its own past, and what is stored, together.

The checks are pure (`judge`, `usual`); here they meet what the store remembers. What is not
believed raises `ParseError`: the old data stay, and the admin sees why. A person who accepts the
new normal (`sources accept`) lifts what was learnt, never what the source declares.
"""

import sqlite3

from aggregator import judge, store, usual
from aggregator.errors import ParseError
from aggregator.model import Code, Platform, Role, Source
from aggregator.reading import Read

ENUMERATING = store.frontier.ENUMERATING
LONG_TEXT = 600  # characters of a page that may not lose nearly all of them at once
LOST = 0.1


def examine(
    db: sqlite3.Connection,
    source: Source,
    platform: Platform,
    row: store.frontier.Row,
    found: Read,
    *,
    accepted: bool,
) -> usual.Reading | None:
    """Check an answer before anything of it is stored.

    Args:
        db: The connection.
        source: Whose address it is.
        platform: Of the source.
        row: The address.
        found: What was read.
        accepted: A person has accepted the new normal of this source.

    Returns:
        What to learn from the source's own document; None of other addresses.

    Raises:
        ParseError: It is not to be believed; code and message say why.
    """
    if row.role not in ENUMERATING:
        if row.validators.body_sha256 is not None and row.attempts < store.frontier.RETRIES:
            _check_text(db, platform, row, found)
            _check_shared(db, platform, row, found)
        return None
    past = store.expectations.readings(db, source.id)
    judge.enumeration(
        source, found.parsed, found.normalised, role=row.role,
        named_before=store.frontier.listed_count(db, source.id, row.canonical),
        accepted=accepted or bool(past and past[-1].entries == 0),
    )  # fmt: skip
    if past:
        _check_identity(db, source, platform, found, accepted=accepted)
    if row.role is not Role.ROOT:
        return None
    reading = usual.measure(found.parsed, found.step.visit.now)
    if not accepted:
        leads_on = any(link.role is Role.INDEX for link in found.parsed.follow)
        usual.check(source, reading, past, leads_on=leads_on)
    return reading


def _check_identity(
    db: sqlite3.Connection, source: Source, platform: Platform, found: Read, *, accepted: bool
) -> None:
    """Refuse a document most of whose entries are known, but under other addresses.

    Accepted, they stay what they are: their new addresses become aliases.

    Raises:
        ParseError: The addresses changed all at once.
    """
    items = found.normalised.items
    if len(items) < usual.MANY:
        return
    told = store.expectations.renamed(db, source.id, platform, items)
    if 2 * len(told.pairs) <= len(items):
        return
    if accepted:
        store.expectations.carry_over(db, platform, told.pairs)
        return
    item, _ = told.pairs[0]
    raise ParseError(
        f"{len(told.pairs)} von {len(items)} Einträgen sind bekannt, haben aber auf einmal"
        f" andere Adressen ({item.url})",
        code=Code.IDENTITY_LOST,
    )


def _check_text(
    db: sqlite3.Connection, platform: Platform, row: store.frontier.Row, found: Read
) -> None:
    """Refuse a page that kept its title and lost its text, until it has said so for days.

    Raises:
        ParseError: Nearly all of the text is missing.
    """
    known = store.expectations.stored_text(db, platform.id, row.canonical)
    if known is None or known[1] < LONG_TEXT or len(found.parsed.entries) != 1:
        return
    entry = found.parsed.entries[0]
    if entry.title == known[0] and len(entry.text) < LOST * known[1]:
        raise ParseError(
            f"der Titel ist geblieben, der Text fehlt ({len(entry.text)} von {known[1]} Zeichen)",
            code=Code.IDENTITY_LOST,
        )


def _check_shared(
    db: sqlite3.Connection, platform: Platform, row: store.frontier.Row, found: Read
) -> None:
    """Refuse a page of several entries (a FAQ) that lost most of them, until it has for days.

    Raises:
        ParseError: More than half of them are missing.
    """
    there = {item.key for item in found.normalised.items}
    known = store.items.shared_page(db, platform.id, row.canonical)
    left = sum(key in there for key in known)
    if 2 * left < len(known):
        raise ParseError(
            f"nur noch {left} von {len(known)} Einträgen der Seite", code=Code.MASS_VANISH
        )
