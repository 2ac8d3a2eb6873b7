"""Nothing that others wrote runs in a page of ours, or makes a browser ask another server."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.hostile import STRANGE, Hostile, Watch, infested, overviews, reflecting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VECTORS = (
    "<script>window.__x=1</script>",
    "<img src=https://fremd.example/p.png onerror=window.__x=1>",
    '"><svg onload=window.__x=1>',
    "'><body onload=window.__x=1>",
    "</title><script src=https://fremd.example/a.js></script>",
    "</textarea><iframe srcdoc='<script>parent.__x=1</script>'></iframe>",
    "<a href='javascript:window.__x=1'>klick</a>",
    "javascript:window.__x=1//",
    "JaVa\tScRiPt:window.__x=1",
    "data:text/html,<script>window.__x=1</script>",
    '" autofocus onfocus="window.__x=1" x="',
    "<style>@import url(https://fremd.example/a.css);</style>",
    "<link rel=stylesheet href=https://fremd.example/a.css>",
    "<base href=https://fremd.example/>",
    "<meta http-equiv=refresh content='0;url=https://fremd.example/'>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.__x=1>",
    "{{ 7 * 7 }}${window.__x=1}{% raw %}",
    "&lt;script&gt;window.__x=1&lt;/script&gt;",
    "<!--><script>window.__x=1</script>-->",
    "]]><script>window.__x=1</script>",
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    with infested(tmp_path_factory.mktemp("hostile"), VECTORS) as told:
        yield told


@pytest.fixture(scope="module")
def watch(browser: "Browser", hostile: Hostile) -> Iterator[Watch]:
    told = Watch(browser, hostile.address)
    yield told
    told.context.close()


def test_the_watch_sees_what_it_looks_for(watch: Watch) -> None:
    watch.faults("/query-help")
    bad = "<img src=/favicon.ico onerror=window.__x=1><a href=' javascript:1'>x</a>"
    watch.tab.evaluate("v => { document.body.insertAdjacentHTML('beforeend', v); alert(1); }", bad)

    seen = watch.tab.evaluate(STRANGE)

    assert {"alert 1", "<img>", "img onerror", "a href= javascript:1"} <= set(seen)


def test_overviews_show_hostile_content_as_text(watch: Watch) -> None:
    assert {path: told for path in overviews() if (told := watch.faults(path))} == {}


def test_pages_of_hostile_items_and_platforms_show_text(watch: Watch, hostile: Hostile) -> None:
    paths = [*(f"/items/{item}" for item in hostile.items),
             *(f"/items/{item}/versions/1" for item in hostile.items[:len(VECTORS)]),
             *(f"/platforms/{platform}" for platform in hostile.platforms),
             *(f"/sources/{platform}-feed" for platform in hostile.platforms)]  # fmt: skip

    assert {path: told for path in paths if (told := watch.faults(path))} == {}


def test_what_stands_in_an_address_is_shown_as_text(watch: Watch) -> None:
    paths = [path for vector in VECTORS for path in reflecting(vector)]

    assert {path: told for path in paths if (told := watch.faults(path))} == {}


def test_the_policy_of_the_pages_has_nothing_to_refuse(
    browser: "Browser", hostile: Hostile
) -> None:
    with browser.new_context() as context:
        said: list[str] = []
        page = context.new_page()
        page.on("console", lambda told: said.append(told.text))
        for path in ("/", "/items?limit=100", *(f"/items/{item}" for item in hostile.items[:8])):
            page.goto(hostile.address + path)

        assert said == []
