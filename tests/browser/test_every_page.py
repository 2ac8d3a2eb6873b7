"""Every page of the table of routes in a browser: for a reader, a moderator and an admin.

A new page is tested from the moment on when it has an address; one that needs more than the filling
holds says so in `ELSEWHERE`, with the test that visits it instead.
"""

import os
from typing import TYPE_CHECKING, Literal

import pytest

from tests.browser.conftest import AXE, Site
from tests.browser.test_pages import WIDER, axe_faults
from web.access import Need, Route, table

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# By default each page once, as narrow and as dark as it gets; QUERVERWEIS_AXE=all takes a minute
# for each look. `test_pages` has the most read pages in both schemes and further widths.
LOOKS = [("dark", 320)]
if os.environ.get("QUERVERWEIS_AXE") == "all":
    LOOKS += [("light", 1280), ("light", 390), ("dark", 1280), ("dark", 390), ("light", 320)]
VALUES = {
    "platform": "forum", "source": "forum-feed", "topic": "bildung", "origin": "forum",
    "target": "ministerium", "kind": "law", "key": "OZG § 1a", "n": "1", "queue": "related",
}  # fmt: skip
# What edits the source list (`test_admin_day`), or is reached by way of the house's own service.
ELSEWHERE = ("admin_", "service.")
ROLES = {Need.NOTHING: None, Need.READING: None, Need.ACCOUNT: "reader",
         Need.MODERATOR: "moderator", Need.ADMIN: "admin"}  # fmt: skip


def pages_of(site: Site, role: str | None) -> dict[str, str]:
    """Return the pages that a role opens and no lower one does, by endpoint."""
    adapter = site.app.url_map.bind("localhost")
    values = VALUES | {"item_id": site.item, "other_id": site.other}
    told = {}
    for route in table(site.app):
        if ROLES[route.need] != role or not _is_page(site, route):
            continue
        rule = site.app.url_map._rules_by_endpoint[route.endpoint][0]
        told[route.endpoint] = adapter.build(
            route.endpoint, {name: values[name] for name in rule.arguments - {"form"}}
        )
    return told


def _is_page(site: Site, route: Route) -> bool:
    rules = site.app.url_map._rules_by_endpoint[route.endpoint]
    is_html = any((rule.defaults or {}).get("form") == "html" for rule in rules)
    elsewhere = route.endpoint.startswith(ELSEWHERE) or rules[0].arguments & {"token"}
    return is_html and "GET" in route.methods and not elsewhere


def open_page(page: "Page", site: Site, path: str) -> None:
    answer = page.goto(site.address + path)
    assert answer is not None
    assert answer.status == 200, path


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
@pytest.mark.parametrize("role", [None, "reader", "moderator", "admin"])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(
    browser: "Browser", site: Site, role: str | None, scheme: Literal["light", "dark"], width: int
) -> None:
    script = AXE.read_text("utf-8")
    with browser.new_context(
        color_scheme=scheme, bypass_csp=True, viewport={"width": width, "height": 900}
    ) as context:
        if role:
            site.enter(context, role)
        page = context.new_page()
        faults = {}
        for endpoint, path in pages_of(site, role).items():
            open_page(page, site, path)
            assert not page.evaluate(WIDER), endpoint
            if found := axe_faults(page, script):
                faults[endpoint] = found
        assert faults == {}


@pytest.mark.parametrize("role", [None, "reader", "moderator", "admin"])
def test_every_page_loads_from_here_alone_and_the_console_stays_empty(
    browser: "Browser", site: Site, role: str | None
) -> None:
    with browser.new_context() as context:
        if role:
            site.enter(context, role)
        said: list[str] = []
        foreign: list[str] = []
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: foreign.append(request.url)
                if not request.url.startswith(site.address) else None)  # fmt: skip
        for path in pages_of(site, role).values():
            open_page(page, site, path)

        assert said == []
        assert foreign == []


@pytest.mark.parametrize("role", [None, "reader", "moderator", "admin"])
def test_every_page_can_be_read_without_scripts(
    browser: "Browser", site: Site, role: str | None
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        if role:
            site.enter(context, role)
        page = context.new_page()
        for endpoint, path in pages_of(site, role).items():
            open_page(page, site, path)
            assert page.locator("h1").count() == 1, endpoint
            assert page.locator("h1").is_visible(), endpoint


def test_later_pages_are_light_for_who_has_been_here(browser: "Browser", site: Site) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(site.address, wait_until="networkidle")
        weights: dict[str, int] = {}
        for endpoint, path in pages_of(site, None).items():
            with page.expect_response(lambda r, p=path: p in r.url) as told:  # type: ignore[misc] # a default binds the loop's value
                open_page(page, site, path)
            told.value.finished()
            sizes = told.value.request.sizes()
            weights[endpoint] = sizes["responseBodySize"] + sizes["responseHeadersSize"]

        assert {name: n for name, n in weights.items() if n > 15 * 1024} == {}


def test_signing_in_deciding_and_signing_out_need_no_script(browser: "Browser", site: Site) -> None:
    from tests.web.people import PASSWORD

    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{site.address}/items/{site.item}")
        page.click("text=Anmelden")
        page.fill("#name", "moderator")
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        assert page.url.endswith(f"/items/{site.item}")  # where one came from
        page.click(".judge button[value=not_related]")
        told = page.request.get(f"{site.address}/items/{site.item}.json").json()
        assert [row["yes"] for row in told["decided"]] == [False]
        page.click("header >> text=moderator")
        page.click("text=Abmelden")
        assert page.locator("header >> text=Anmelden").count() == 1


def test_what_is_tested_elsewhere_exists(site: Site) -> None:
    known = [route.endpoint for route in table(site.app)]

    assert [name for name in ELSEWHERE if not any(e.startswith(name) for e in known)] == []
