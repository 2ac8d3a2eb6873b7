"""An exported forum as records: topics whole, answers told apart, nobody named."""

import json
from pathlib import Path
from typing import Any

import pytest

from aggregator import records
from aggregator.errors import ParseError
from aggregator.model import Code, Entry, ItemKind
from aggregator.records import Rejected, forum

NOW = "2026-11-24T08:00:00Z"


def post(number: int, **more: Any) -> dict[str, Any]:
    made = {"id": 100 + number, "user_id": 7, "post_number": number, "raw": f"Beitrag {number}",
            "created_at": f"2026-10-0{number}T08:00:00Z"}  # fmt: skip
    return made | more


def topic(number: int = 5, **more: Any) -> dict[str, Any]:
    made = {"id": number, "title": "Wer nutzt XBau?", "created_at": "2026-10-01T08:00:00Z",
            "archetype": "regular", "posts": [post(1), post(2)]}  # fmt: skip
    return made | more


def read(folder: Path, document: object) -> list[Entry | Rejected]:
    file = folder / "forum.json"
    file.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return [row for _, row in records.read(file, NOW)]


def test_the_export_of_the_forum_gives_every_topic_once(tmp_path: Path) -> None:
    exported = {"groups": [], "users": [{"id": 7, "username": "erika"}], "categories": [],
                "topics": [topic(5), topic(6, title="Erfahrungen")]}  # fmt: skip
    entries = read(tmp_path, exported)
    assert [(e.entry_id, e.kind) for e in entries if isinstance(e, Entry)] == [
        ("5", ItemKind.QUESTION), ("6", ItemKind.THREAD)
    ]  # fmt: skip
    first = entries[0]
    assert isinstance(first, Entry)
    assert first.text == "Beitrag 1\n\nBeitrag 2"
    assert first.published is not None
    assert (first.published.at, first.updated_at) == (
        "2026-10-01T08:00:00Z", "2026-10-02T08:00:00Z")  # fmt: skip
    assert [(part.role, part.label) for part in first.parts] == [("question", "1"), ("post", "2")]
    assert "erika" not in repr(entries)


@pytest.mark.parametrize(
    "solved",
    [{"accepted_answer": {"post_number": 2}}, {"custom_fields": {"accepted_answer_post_id": "102"}},
     {"posts": [post(1), post(2, accepted_answer=True)]}],
    ids=["topic", "custom field", "post"],
)  # fmt: skip
def test_the_accepted_answer_is_told_apart(tmp_path: Path, solved: dict[str, Any]) -> None:
    [entry] = read(tmp_path, {"topics": [topic(title="Erfahrungen", **solved)]})
    assert isinstance(entry, Entry)
    assert entry.kind is ItemKind.QUESTION
    assert [part.role for part in entry.parts] == ["question", "accepted"]


def test_topics_as_the_interface_answers_them_are_read_too(tmp_path: Path) -> None:
    stream = {"posts": [{"id": 1, "post_number": 1, "cooked": "<p>Wer <b>weiß</b> das?</p>"}]}
    whole = {"id": 9, "title": "Frage", "post_stream": stream}
    for document in (whole, [whole], {"topics": [whole]}):
        [entry] = read(tmp_path, document)
        assert isinstance(entry, Entry)
        assert (entry.entry_id, entry.text) == ("9", "Wer weiß das?")


def test_what_members_alone_may_see_is_left_out(tmp_path: Path) -> None:
    posts = [post(1), post(2, hidden=True), post(3, deleted_at="2026-10-03T08:00:00Z"),
             post(4, post_type=3), post(5, user_deleted=True)]  # fmt: skip
    entries = read(tmp_path, {"topics": [
        topic(1, posts=posts), topic(2, archetype="private_message"), topic(3, visible=False),
        topic(4, deleted_at="2026-10-03T08:00:00Z"),
    ]})  # fmt: skip
    [entry] = entries
    assert isinstance(entry, Entry)
    assert entry.text == "Beitrag 1"


def test_markdown_is_read_without_quotes_and_mentions(tmp_path: Path) -> None:
    raw = ('[quote="max, post:1, topic:5"]\nAlt\n[/quote]\n\n@erika Siehe [hier](https://amt.example/a)'
           " oder https://amt.example/b. Mail: post@amt.example")  # fmt: skip
    [entry] = read(tmp_path, {"topics": [topic(posts=[post(1, raw=raw)])]})
    assert isinstance(entry, Entry)
    assert entry.text == "Siehe hier oder https://amt.example/b. Mail: post@amt.example"
    assert [link.url for link in entry.links] == ["https://amt.example/a", "https://amt.example/b"]


def test_topics_that_cannot_be_used_are_rejected_and_the_others_read(tmp_path: Path) -> None:
    rows = read(tmp_path, {"topics": [{"title": "ohne Kennung"}, topic(2, posts=[]), topic(3), 7]})
    assert [row.code if isinstance(row, Rejected) else row.entry_id for row in rows] == [
        Code.IDENTITY_LOST, Code.EMPTY, "3"
    ]  # fmt: skip


def test_other_json_is_read_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "zeilen.json"
    file.write_text('{"entry_id": "a", "title": "topics": }\n{"entry_id": "b", "title": "B"}\n')
    rows = [row for _, row in records.read(file, NOW)]
    assert [isinstance(row, Entry) for row in rows] == [False, True]


def test_an_export_too_large_to_be_held_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forum, "MAX_BYTES", 10)
    with pytest.raises(ParseError) as caught:
        read(tmp_path, {"topics": [topic()]})
    assert caught.value.code is Code.TOO_LARGE
