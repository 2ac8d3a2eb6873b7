"""What may be believed of an answer, and how a run is called in the end."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from aggregator import judge
from aggregator.errors import ParseError
from aggregator.items import normalise
from aggregator.judge import Move, MoveState
from aggregator.model import (
    Code,
    Expect,
    Fetched,
    Follow,
    Hop,
    Link,
    Parsed,
    Problem,
    Role,
    RunState,
    SourceKind,
    Validators,
)
from tests.builders import make_entry, make_platform, make_source

AMT = make_platform(former=("http://alt.example/",))


def judged(count: int, before: int = 0, role: Role = Role.ROOT, **source: Any) -> str:
    """Return the code with which an enumeration of so many entries is refused, "" when believed."""
    made = make_source(**source)
    entries = [make_entry(n) for n in range(count)]
    found = normalise(entries, made, AMT, role)
    try:
        judge.enumeration(
            made, Parsed(entries=tuple(entries)), found, role=role, named_before=before
        )
    except ParseError as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("count", "before", "expect", "code"),
    [
        (5, 5, Expect(), ""),
        (0, 0, Expect(), "empty"),
        (0, 9, Expect(), "empty"),
        (0, 0, Expect(min_entries=0), ""),
        (4, 0, Expect(min_entries=5), "empty"),
        (5, 0, Expect(min_entries=5), ""),
        (4, 8, Expect(), "mass_vanish"),
        (5, 9, Expect(), "mass_vanish"),
        (6, 9, Expect(), ""),
        (1, 3, Expect(), ""),
        (5, 5, Expect(required=("title", "published_at")), ""),
    ],
)
def test_enumeration_keeps_the_promises_of_its_source(
    count: int, before: int, expect: Expect, code: str
) -> None:
    assert judged(count, before, expect=expect) == code


def test_required_field_missing_in_most_entries_is_refused() -> None:
    source = make_source(expect=Expect(required=("published_at",)))
    entries = [make_entry(n, published=None) for n in range(3)] + [make_entry(9)]
    found = normalise(entries, source, AMT, Role.ROOT)

    with pytest.raises(ParseError, match="3 von 4 Einträgen ohne published_at"):
        judge.enumeration(source, Parsed(), found, role=Role.ROOT, named_before=0)


def test_later_pages_of_a_list_may_be_short() -> None:
    assert judged(0, 9, Role.INDEX, kind=SourceKind.LISTING) == ""
    assert judged(0, 9, Role.INDEX, kind=SourceKind.SITEMAP) == "empty"


def test_index_that_leads_on_needs_no_entries() -> None:
    source = make_source(kind=SourceKind.SITEMAP)
    parsed = Parsed(follow=(Follow(url="http://amt.example/1.xml", role=Role.INDEX),))

    judge.enumeration(
        source, parsed, normalise([], source, AMT, Role.ROOT), role=Role.ROOT, named_before=0
    )


def test_fatal_problem_of_the_parser_makes_an_enumeration_unbelievable() -> None:
    problem = Problem(code=Code.SELECTOR_EMPTY, message="nichts passt")
    source = make_source()
    found = normalise([make_entry()], source, AMT, Role.ROOT)

    with pytest.raises(ParseError, match="nichts passt"):
        judge.enumeration(source, Parsed(problems=(problem,)), found, role=Role.ROOT,
                          named_before=0)  # fmt: skip


def answered(to: str) -> Fetched:
    asked = "http://amt.example/meldung/1"
    return Fetched(
        url=asked, final_url=to, status=200, headers={}, media_type="text/html", charset=None,
        body=b"", validators=Validators(), hops=(Hop(status=302, url=asked, to=to),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("to", "fine"),
    [
        ("http://amt.example/meldung/2", True),
        ("https://www.amt.example/meldung/1", True),
        ("http://www.alt.example/meldung/1", True),
        ("http://amt.example/", False),
        ("http://fremd.example/meldung/1", False),
    ],
)
def test_redirect_must_stay_on_its_platform(to: str, fine: bool) -> None:
    if fine:
        judge.redirect(make_source(), AMT, Role.DETAIL, answered(to))
        return
    with pytest.raises(ParseError) as caught:
        judge.redirect(make_source(), AMT, Role.DETAIL, answered(to))
    assert caught.value.code is Code.IDENTITY_LOST


def test_root_may_be_redirected_anywhere_the_guard_allows() -> None:
    judge.redirect(make_source(), AMT, Role.ROOT, answered("http://fremd.example/feed.xml"))


def test_files_of_the_platform_itself_are_followed() -> None:
    links = [
        "http://www.amt.example/a.pdf#page=3",
        "http://amt.example/b?__blob=publicationFile&v=2",
        "http://amt.example/seite.html",
        "http://fremd.example/c.pdf",
    ]
    entry = make_entry(
        links=tuple(
            Link(url=url, anchor="a", sentence="s", position=n) for n, url in enumerate(links)
        )
    )

    assert list(judge.documents(make_source(), AMT, [entry])) == [
        "http://www.amt.example/a.pdf",
        "http://amt.example/b?__blob=publicationFile&v=2",
    ]
    assert list(judge.documents(make_source(include=("/nur/",)), AMT, [entry])) == []


TROUBLE = Problem(code=Code.HTTP_ERROR, message="500")
NOW = "2026-11-24T08:00:00Z"


@pytest.mark.parametrize(
    ("trouble", "status", "suspect", "offline", "fresh", "state"),
    [
        (None, None, False, False, True, RunState.OK),
        (None, None, False, False, False, RunState.UNCHANGED),
        (TROUBLE, 500, False, False, False, RunState.FAILED),
        (TROUBLE, 410, False, False, False, RunState.GONE),
        (TROUBLE, None, False, True, False, RunState.OFFLINE),
        (Problem(code=Code.EMPTY, message=""), None, True, False, False, RunState.SUSPECT),
        (Problem(code=Code.LOGIN, message=""), None, True, False, False, RunState.LOGIN),
        (Problem(code=Code.ROBOTS_DENIED, message=""), None, False, False, False, RunState.DENIED),
        (
            Problem(code=Code.NEEDS_COOKIE, message=""), 400, False, False, False,
            RunState.NEEDS_COOKIE,
        ),
    ],
)  # fmt: skip
def test_verdict(
    trouble: Problem | None,
    status: int | None,
    suspect: bool,
    offline: bool,
    fresh: bool,
    state: RunState,
) -> None:
    verdict = judge.verdict(
        make_source(), trouble=trouble, status=status, suspect=suspect, offline=offline,
        fresh=fresh, newest=None, now=NOW,
    )  # fmt: skip

    assert verdict.state is state
    assert (verdict.reason is None) == (trouble is None)


def test_silence_beyond_max_age_is_suspect() -> None:
    source = make_source(expect=Expect(max_age=timedelta(days=60)))

    def state(newest: str) -> RunState:
        return judge.verdict(
            source, trouble=None, status=None, suspect=False, offline=False, fresh=True,
            newest=newest, now=NOW,
        ).state  # fmt: skip

    assert state("2026-11-01") is RunState.OK
    assert state("2026-08-01T00:00:00Z") is RunState.SUSPECT


MOVED = Move(
    source="amt-feed", url="http://amt.example/alt.xml", target="http://amt.example/neu.xml",
    since="2026-11-17T08:00:00Z", last_at="2026-11-24T08:00:00Z", times=9,
)  # fmt: skip


@pytest.mark.parametrize(
    ("ended", "move", "state", "words"),
    [
        (RunState.OK, None, RunState.OK, None),
        (RunState.UNCHANGED, MoveState.LEARNT, RunState.MOVED, "url: http://amt.example/neu.xml"),
        (RunState.OK, MoveState.FOREIGN, RunState.MOVED, "andere Website"),
        (RunState.OK, MoveState.FORGOTTEN, RunState.OK, "wieder http://amt.example/alt.xml"),
        (RunState.SUSPECT, MoveState.FORGOTTEN, RunState.SUSPECT, "nicht die neue Adresse"),
        (RunState.GONE, MoveState.FORGOTTEN, RunState.FAILED, "wieder http://amt.example/alt.xml"),
        (RunState.GONE, None, RunState.GONE, None),
    ],
)
def test_a_move_is_told_with_the_line_to_change(
    ended: RunState, move: MoveState | None, state: RunState, words: str | None
) -> None:
    news = replace(MOVED, state=move) if move else None

    told = judge.told_of_move(judge.Verdict(state=ended), news)

    assert told.state is state
    assert words is None or words in (told.message or "")
