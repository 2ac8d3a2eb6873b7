"""Whether an address is there, asked without its body; by either client."""

import pytest

from aggregator.errors import StatusError
from aggregator.fetch.client import Fetcher
from aggregator.model import Exchange, Fetched, Request
from tests.fetch.site import Site, moved, page


def test_a_body_is_not_asked_for(site: Site, fetcher: Fetcher, exchanges: list[Exchange]) -> None:
    site.pages["/alt"] = moved(f"{site.base}/neu", status=301)
    site.pages["/neu"] = page(b"<p>viel</p>" * 9_000, ("Content-Encoding", "gzip"))

    found = fetcher.get(Request(url=f"{site.base}/alt", head=True))

    assert isinstance(found, Fetched)
    assert (found.status, found.body, found.final_url) == (200, b"", f"{site.base}/neu")
    assert [asked.method for asked in site.asked if asked.path != "/robots.txt"] == ["HEAD"] * 2
    assert [e.bytes for e in exchanges if "robots" not in e.url] == [0, 0]


def test_a_get_after_a_head_reads_its_own_answer(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = page(b"eins")
    for head in (True, False, True, False):
        found = fetcher.get(Request(url=f"{site.base}/a", head=head))
        assert isinstance(found, Fetched)
        assert found.body == (b"" if head else b"eins")


@pytest.mark.parametrize("status", [404, 405, 503])
def test_a_bad_status_is_told_as_of_a_get(site: Site, fetcher: Fetcher, status: int) -> None:
    site.pages["/a"] = page(b"", status=status)

    with pytest.raises(StatusError) as caught:
        fetcher.get(Request(url=f"{site.base}/a", head=True))

    assert caught.value.status == status
