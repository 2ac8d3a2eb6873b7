"""Suggestions while typing, in a real browser under the real policy of the pages."""

from typing import TYPE_CHECKING

from tests.browser.conftest import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OPTIONS = "() => [...document.querySelectorAll('datalist option')].map(option => option.value)"
SOME = "() => document.querySelectorAll('datalist option').length > 0"


def test_what_is_typed_is_completed_and_goes_away_with_the_text(
    browser: "Browser", site: Site
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(site.url("start"))
        page.locator("#q").press_sequentially("register leitf")
        page.wait_for_function(SOME)

        assert "register leitfaden" in page.evaluate(OPTIONS)
        page.fill("#q", "")
        assert page.evaluate(OPTIONS) == []
        assert said == []


def test_without_an_answer_the_field_still_searches(browser: "Browser", site: Site) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(site.url("start"))
        page.route("**/suggest.json*", lambda route: route.abort())
        page.locator("#q").press_sequentially("leitfaden")
        page.press("#q", "Enter")
        page.wait_for_url("**/search?q=leitfaden")
        assert page.locator(".hit").count() > 0
