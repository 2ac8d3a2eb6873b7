"""The news of saved searches by mail: to confirmed addresses, and only when there are any.

A letter names the search and the hits that we first saw since the last one, with one link to our
page and one to the original; nothing in it counts who reads it. News begin where the last letter
ended, so a letter that could not leave loses none.
"""

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs

from aggregator.clock import stamp
from aggregator.config import vocabulary
from aggregator.config.settings import Settings
from aggregator.errors import AggregatorError
from aggregator.language import analyser
from aggregator.mail import Letter, Mailer, is_set_up, mailer
from aggregator.store import saved
from aggregator.store.catalogue import platforms
from aggregator.store.connection import transaction
from aggregator.store.filters import settle
from aggregator.store.reads import Document
from aggregator.store.saved import SavedSearch
from aggregator.store.search import search
from aggregator.store.search_query import SearchQuery
from aggregator.text.wordforms import WordForms

log = logging.getLogger(__name__)
MOST = 50  # hits looked at; more than come in a day
SHOWN = 9  # hits named in a letter


@dataclass(frozen=True, slots=True)
class _Post:
    """A letter that waits, and up to where its news reach."""

    one: SavedSearch
    letter: Letter
    news_until: str = ""


def send(
    db: sqlite3.Connection, data: Path, settings: Settings, words: WordForms, now: datetime
) -> int:
    """Send what is due; return how many letters left.

    Args:
        db: A connection that may write.
        data: Folder of the vocabulary.
        settings: Of the mail server, and the address of the web application.
        words: The dictionary of word forms.
        now: The present.
    """
    if not is_set_up(settings) or not settings.web_url:
        return 0
    with transaction(db):
        saved.forget_unconfirmed(db, now)
    asking, due = saved.to_ask(db), saved.due(db, now)
    letters = [_Post(one, _asking(one, settings)) for one in asking]
    quiet = []
    for one in due:
        hits = news(db, data, words, one)
        if hits:
            until = max(str(hit["first_seen_at"]) for hit in hits)
            letters.append(_Post(one, _news(db, one, hits, settings), until))
        else:
            quiet.append(one)
    with transaction(db):
        for one in quiet:
            saved.mark_looked(db, one, stamp(now))
    return _send_all(db, letters, settings, now) if letters else 0


def _send_all(
    db: sqlite3.Connection, letters: Sequence[_Post], settings: Settings,
    now: datetime,
) -> int:  # fmt: skip
    """Send letters over one line; one that is refused does not stop the others."""
    done = 0
    try:
        with mailer(settings, now) as line:
            done = sum(_sent(db, line, post, stamp(now)) for post in letters)
    except AggregatorError as error:
        log.error("letters to readers did not leave: %s", error)  # noqa: TRY400 (it says it all)
    return done


def _sent(db: sqlite3.Connection, line: Mailer, post: _Post, at: str) -> bool:
    """Send one letter and remember it; a refused one is tried again."""
    try:
        line.send(post.letter)
    except AggregatorError as error:
        log.warning("a letter to a reader was refused: %s", error.message)
        return False
    with transaction(db):
        if post.one.confirmed_at is None:
            saved.mark_asked(db, post.one, at)
        else:
            saved.mark_looked(db, post.one, at, post.news_until)
    return True


def news(db: sqlite3.Connection, data: Path, words: WordForms, one: SavedSearch) -> list[Document]:
    """Return the hits of a saved search that we first saw since its last letter, newest first.

    What is older and comes late (a first crawl of an archive) is told too: it is new here.
    """
    known = vocabulary(data)
    topics = {slug: topic.name for slug, topic in known.topics.items()}
    asked = SearchQuery.read({**parse_qs(one.query), "sort": ["seen"], "limit": [str(MOST)]})
    found = search(db, analyser(db, known, words), settle(db, topics, asked).query)
    return [hit for hit in found.hits if hit["first_seen_at"] > (one.news_from or "")]


def _asking(one: SavedSearch, settings: Settings) -> Letter:
    """Write the letter that asks whether the address belongs to who saved the search."""
    address = _address(one, settings)
    text = (
        f"Guten Tag,\n\njemand möchte Neues zur Suche „{one.title}“ an diese Adresse bekommen.\n"
        f"Wenn Sie das sind, bestätigen Sie es hier:\n\n{address}\n\n"
        "Sonst ist nichts zu tun: ohne Bestätigung kommt keine weitere Mail.\n"
    )
    return Letter(to=one.mail, subject="Querverweis: bitte bestätigen", text=text)


def _news(
    db: sqlite3.Connection, one: SavedSearch, hits: Sequence[Document], settings: Settings
) -> Letter:
    """Write the letter with what is new."""
    names = {platform.id: platform.name for platform in platforms(db)}
    many = f"{len(hits)}{'+' if len(hits) == MOST else ''}"
    lines = [f"{many} neue Einträge zur Suche „{one.title}“:", ""]
    for hit in hits[:SHOWN]:
        day = (hit["published_at"] or "ohne Datum")[:10]
        lines += [
            f"- {hit['title'] or hit['url']}",
            f"  {names.get(hit['platform'], hit['platform'])}, {day}",
            f"  {settings.web_url}/items/{hit['id']}", f"  Original: {hit['url']}", "",
        ]  # fmt: skip
    if len(hits) > SHOWN:
        lines += [
            f"… und {len(hits) - SHOWN} weitere:",
            f"{settings.web_url}/search?{one.query}",
            "",
        ]
    lines += ["-- ", f"Abbestellen oder ändern: {_address(one, settings)}"]
    number = "ein neuer Eintrag" if len(hits) == 1 else f"{many} neue Einträge"
    return Letter(
        to=one.mail, subject=f"Querverweis: {number} zu „{one.title}“"[:200],
        text="\n".join(lines) + "\n", unsubscribe=f"{_address(one, settings)}/unsubscribe",
    )  # fmt: skip


def _address(one: SavedSearch, settings: Settings) -> str:
    return f"{settings.web_url}/saved/{one.token}"
