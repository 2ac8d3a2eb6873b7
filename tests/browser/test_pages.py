"""What only a browser can tell: accessibility, reflow, focus, silence of the console."""

from typing import TYPE_CHECKING, Any, Literal

import pytest

from tests.browser.conftest import AXE, Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request, ViewportSize

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDER = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
FOCUS = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const style = getComputedStyle(e), r = e.getBoundingClientRect();
  const middle = document.elementFromPoint(
    Math.min(innerWidth - 1, Math.max(0, r.left + r.width / 2)),
    Math.min(innerHeight - 1, Math.max(0, r.top + r.height / 2)));
  return {
    name: e.tagName + ' ' + (e.textContent || e.name || '').trim().slice(0, 40),
    outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
      || style.boxShadow !== 'none',
    covered: !e.matches('.skip') && !(middle && (e.contains(middle) || middle.contains(e))),
  };
}"""
MOST_STOPS = 400
NARROW: "ViewportSize" = {"width": 320, "height": 900}


def axe_faults(page: "Page", script: str) -> list[tuple[str, str]]:
    """Run axe on a page with everything unfolded; return what it finds, with the first element."""
    page.evaluate("() => document.querySelectorAll('details').forEach(box => { box.open = true; })")
    page.evaluate(script)
    found = page.evaluate("tags => axe.run({runOnly: {type: 'tag', values: tags}})", TAGS)
    return [(fault["id"], fault["nodes"][0]["html"][:120]) for fault in found["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["start", "search", "item", "platform", "sources", "lookup"])
def test_axe_finds_nothing_in_any_scheme_and_width(
    browser: "Browser", site: Site, scheme: Literal["light", "dark"], name: str
) -> None:
    script = AXE.read_text("utf-8")
    # The policy forbids to inject axe; it is tested without this exception below.
    with browser.new_context(color_scheme=scheme, bypass_csp=True) as context:
        page = context.new_page()
        page.goto(site.url(name))
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert axe_faults(page, script) == [], width


def test_axe_finds_nothing_on_any_page_and_none_is_wider_than_320_pixels(
    browser: "Browser", site: Site
) -> None:
    script = AXE.read_text("utf-8")
    with browser.new_context(bypass_csp=True, viewport=NARROW) as context:
        page = context.new_page()
        for name in site.pages:
            page.goto(site.url(name))
            assert axe_faults(page, script) == [], name
            assert not page.evaluate(WIDER), name


def visit(page: "Page", url: str) -> tuple[list[str], list["Request"]]:
    """Open a page; return what the console said and what was loaded."""
    said: list[str] = []
    done: list[Request] = []
    # Playwright takes no built-in methods as handlers.
    page.on("console", lambda message: said.append(message.text))
    page.on("requestfinished", lambda request: done.append(request))  # noqa: PLW0108
    page.goto(url, wait_until="networkidle")
    return said, done


def test_a_page_loads_only_from_here_says_nothing_and_weighs_little(
    browser: "Browser", site: Site
) -> None:
    for name in ("start", "search", "item", "matrix"):
        with browser.new_context() as context:
            said, done = visit(context.new_page(), site.url(name))
            assert said == [], name
            assert all(request.url.startswith(site.address) for request in done), name
            sizes = [request.sizes() for request in done]
            weight = sum(s["responseBodySize"] + s["responseHeadersSize"] for s in sizes)
            assert weight <= 60 * 1024, (name, weight)


def test_everything_can_be_read_and_searched_without_scripts(
    browser: "Browser", site: Site
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        for name in site.pages:
            page.goto(site.url(name))
            assert page.locator("h1").is_visible(), name
        page.goto(site.url("start"))
        page.fill("#q", "leitfaden")
        page.press("#q", "Enter")
        assert "/search?q=leitfaden" in page.url
        assert page.locator(".hit").count() > 0


@pytest.mark.parametrize("name", ["start", "search", "item", "matrix", "sources"])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    browser: "Browser", site: Site, name: str
) -> None:
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(site.url(name))
        stops: list[dict[str, Any]] = []
        for _ in range(MOST_STOPS):
            page.keyboard.press("Tab")
            stop = page.evaluate(FOCUS)
            if stop is None:
                break
            stops.append(stop)

        assert 5 < len(stops) < MOST_STOPS
        assert [stop["name"] for stop in stops if not stop["outlined"]] == []
        assert [stop["name"] for stop in stops if stop["covered"]] == []


def test_text_may_be_spaced_and_doubled_in_size(browser: "Browser", site: Site) -> None:
    spaced = (
        "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}"
    )
    doubled = "html{font-size:200%!important}"
    for name in ("start", "search", "item", "sources"):
        for width, style in ((390, spaced), (1280, doubled)):
            with browser.new_context(
                viewport={"width": width, "height": 900}, bypass_csp=True
            ) as context:
                page = context.new_page()
                page.goto(site.url(name))
                page.add_style_tag(content=style)
                assert not page.evaluate(WIDER), (name, width)


def test_keys_jump_to_the_search_and_along_the_hits(browser: "Browser", site: Site) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(site.url("search"))
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.closest('.hit') !== null")
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "q"
