"""Whatever the bytes: a parser answers, or raises ParseError and nothing else."""

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.model import Page, Parsed, Role, Source
from aggregator.parse.ckan import parse_ckan
from aggregator.parse.confluence import parse_confluence
from aggregator.parse.confluence_static import parse_confluence_static
from aggregator.parse.discourse import parse_discourse
from aggregator.parse.document import _check_format, _date, reflow
from aggregator.parse.feed import parse_feed
from aggregator.parse.folder import parse_folder
from aggregator.parse.gitlab import parse_gitlab
from aggregator.parse.jsonapi import parse_json
from aggregator.parse.listing import parse_listing
from aggregator.parse.mediawiki import parse_mediawiki
from aggregator.parse.oparl import parse_oparl
from aggregator.parse.page import parse_page
from aggregator.parse.sitemap import parse_sitemap
from aggregator.parse.wordpress import parse_wordpress
from tests.parse.golden import make_page, make_source

FRAGMENTS = [
    "<html>", "<body>", "<p>", "</p>", "<a href='//[x'>", "<a href=?a>", "<base href='http://[::'>",
    "<h1>", "<dt id=a>Was?</dt><dd>x</dd>", "<h3 id=b>Wie?</h3>", "<time datetime='2026-13-99'>",
    "<meta name=date content='31.02.2026'>", "<meta charset=utf-16>", "<!--", "]]>", "<![CDATA[",
    "<script type='application/ld+json'>[[{\"@type\":[1,null],\"datePublished\":{}}]]</script>",
    "<div class=c-content-article>", "<div class=c-content-teaser>", "<table><tr><td>", "&#xD800;",
    "<svg><title>", "<br><br>", "\u00ad", "\x00", "<ac:parameter>", "<link rel=canonical href='http://'>",
    "Stand: 99.99.9999", "<input type=password>", "<noscript><p>", "</html><html>", "<p hidden>",
]  # fmt: skip
NAMES = (
    "results _links next body view value id type title topic_list topics post_stream posts stream"
    " cooked tags slug more_topics_url accepted_answer created_at"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("http://[::1"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES.split()), inner, max_size=5)
    ),
    max_leaves=12,
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Parser = Callable[[Source, Page], Parsed]


def survives(parser: Parser, body: bytes, role: Role) -> None:
    try:
        parsed = parser(make_source(), make_page(body, role=role))
    except ParseError:
        return
    assert isinstance(parsed, Parsed)
    json.dumps([entry.text + (entry.title or "") for entry in parsed.entries]).encode()


@pytest.mark.parametrize(
    "parser",
    [parse_page, parse_listing, parse_confluence, parse_discourse, parse_wordpress, parse_folder,
     parse_confluence_static, parse_feed, parse_sitemap],
)  # fmt: skip
@given(body=st.binary(max_size=200) | st.lists(st.sampled_from(FRAGMENTS), max_size=25).map(
    lambda parts: "".join(parts).encode()))  # fmt: skip
@QUICK
def test_any_bytes(parser: Parser, body: bytes) -> None:
    survives(parser, body, Role.DETAIL)


@pytest.mark.parametrize(
    "parser",
    [parse_confluence, parse_discourse, parse_wordpress, parse_mediawiki, parse_ckan, parse_gitlab,
     parse_oparl, parse_json],
)  # fmt: skip
@given(document=JSON)
@QUICK
def test_any_json(parser: Parser, document: object) -> None:
    survives(parser, json.dumps(document).encode(), Role.ROOT)


@given(text=st.text(max_size=60))
@QUICK
def test_any_text_of_a_document(text: str) -> None:
    reflow(text)
    _date(text, "2026-11-24T08:00:00Z")
    with pytest.raises(ParseError):
        _check_format(text.encode("utf-8", "replace"), "")
