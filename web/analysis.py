"""The analyser of the live epoch: one for each thread, kept until the next epoch."""

import threading
from dataclasses import dataclass

from flask import current_app

from aggregator import store
from aggregator.config import vocabulary
from aggregator.language import analyser as read_with
from aggregator.store import epochs
from aggregator.text.analysis import Analyser, open_word_forms
from aggregator.text.wordforms import WordForms
from web.database import DATABASE, database


@dataclass
class _Kept(threading.local):
    """What a thread keeps; its connection is its own and lives as long as the analyser."""

    epoch: int = -1
    analyser: Analyser | None = None


_forms_lock = threading.Lock()


def analyser() -> Analyser:
    """Return the analyser with which queries are read and matches are marked."""
    kept: _Kept = current_app.extensions.setdefault("analyser", _Kept())
    epoch = epochs.current(database())
    number = epoch.n if epoch else 0
    if kept.analyser is None or kept.epoch != number:
        data = current_app.config["DATA"]
        own = store.connect(data / DATABASE, readonly=True)
        kept.analyser = read_with(own, vocabulary(data), _forms())
        kept.epoch = number
    return kept.analyser


def _forms() -> WordForms:
    """Return the dictionary of word forms, opened once for all threads."""
    with _forms_lock:
        found: WordForms | None = current_app.extensions.get("word_forms")
        if found is None:
            found = open_word_forms(current_app.config["DATA"])
            current_app.extensions["word_forms"] = found
        return found
