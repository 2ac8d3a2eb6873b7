"""WordPress by its REST interface, or by feed and sitemap where that is closed.

Structure: developer.wordpress.org, "REST API Handbook" (posts, pagination, discovery). Posts are
asked for in the order of their last change, so a run stops where a page brings nothing new. The
identity of a post is its number (`/?p=12`): it outlives a new title, a new path and a move from
the trade paper's one host to the other.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from lxml.html import HtmlElement

from aggregator.errors import ParseError
from aggregator.model import Code, Entry, Follow, Page, Parsed, Problem, Role, Source
from aggregator.parse.jsonbody import (
    date_of,
    is_json,
    listed,
    load_any,
    mapping,
    text_of,
    when_of,
)
from aggregator.text import html
from aggregator.text.charset import decode
from aggregator.urls import host_of, resolve

PAGE_SIZE = 50  # of at most 100; whole texts come with every post
_ORDER = {"orderby": "modified", "order": "desc"}
_FIELDS = (
    "id,date,date_gmt,modified,modified_gmt,guid,link,status,title,content,excerpt,_links,_embedded"
)
_API_RELATION = "https://api.w.org/"
_API_LINK = re.compile(r"<([^<>]+)>\s*;\s*rel=\"?https://api\.w\.org/\"?")
_FEED_TYPE = re.compile(r"application/(?:rss|atom)\+xml")
# The sitemap of WordPress itself; those of taxonomies and authors name no posts.
_SITEMAP = "wp-sitemap.xml"
_OF_POSTS = re.compile(
    rb"<loc>\s*(https?://[^<\s]*/wp-sitemap-posts-(?!page-)[\w-]+\.xml)\s*</loc>"
)
# What themes and extensions add to the text of a post.
_DROP = frozenset({
    "sharedaddy", "jp-relatedposts", "shariff", "addtoany_content", "heateor_sss_sharing_container",
    "wp-block-latest-posts", "wp-block-navigation", "wp-block-search", "wp-block-comments",
    "wp-block-social-links", "yarpp-related", "more-link", "post-navigation", "wpd-avatar",
})  # fmt: skip


def parse_wordpress(source: Source, page: Page) -> Parsed:
    """Read posts, the index of the interface, or a page of the site.

    Returns:
        Entries with their text, `?p=ID` among their addresses, and the next page in `follow`; from
        a page of the site what leads to its posts.

    Raises:
        ParseError: LOGIN for a closed interface, UNSUPPORTED for a site that is no WordPress.
    """
    if not is_json(page.body):
        return _read_site(page)
    document = load_any(page)
    if isinstance(document, list):
        return _read_posts([mapping(row) for row in document], source, page)
    if "namespaces" in document or "routes" in document:
        root = page.final_url.partition("?rest_route=")[0]
        return _first_page(_collection(page.final_url if root == page.final_url
                                       else f"{root}?rest_route=/"))  # fmt: skip
    if text_of(document.get("id")) and "content" in document:
        return _read_posts([document], source, page)
    reason = text_of(document.get("message")) or "ohne Grund"
    raise ParseError(
        f"Die Schnittstelle nennt keine Beiträge: {reason}",
        where=page.final_url,
        remedy="Als Adresse /wp-json/wp/v2/posts, den Feed oder die Startseite angeben",
    )


def _first_page(url: str) -> Parsed:
    return Parsed(follow=(Follow(url=url, role=Role.INDEX),), complete=True)


# --- a page of the site ----------------------------------------------------------------------


def _read_site(page: Page) -> Parsed:
    """Find the interface; when it is closed to strangers, the feed and the site's own sitemap."""
    root = html.tree(decode(page.body[:500_000], page.charset, page.media_type))
    api = _api(root, page)
    if api is None:
        raise ParseError(
            "Die Seite nennt keine Schnittstelle von WordPress", code=Code.UNSUPPORTED,
            where=page.final_url, remedy="kind: feed mit der Adresse des Feeds verwenden",
        )  # fmt: skip
    probe = _with(api, "wp/v2/posts", {"per_page": "1", "_fields": "id"})
    if probe not in page.more:
        return Parsed(needs=(probe,))
    if page.more[probe].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"[{"):
        return _first_page(_collection(_with(api, "wp/v2/posts", {})))
    sitemap = resolve(_home(api), _SITEMAP) or ""
    if sitemap not in page.more:
        return Parsed(needs=(probe, sitemap))
    named = [
        address.decode("ascii", "replace") for address in _OF_POSTS.findall(page.more[sitemap])
    ]
    own = [url for url in named if host_of(url) == host_of(page.final_url)]
    urls = dict.fromkeys((_feed(root, page, api), *own))
    return Parsed(
        follow=tuple(Follow(url=url, role=Role.INDEX) for url in urls),
        complete=bool(own),
        needs=(probe, sitemap),
    )


def _api(root: HtmlElement | None, page: Page) -> str | None:
    """Return the address of the interface as the site states it (REST API Handbook, Discovery)."""
    if stated := _API_LINK.search(page.headers.get("link", "")):
        return resolve(page.final_url, stated[1])
    for element in () if root is None else root.iter("link"):
        if element.get("rel") == _API_RELATION and element.get("href"):
            return resolve(page.final_url, element.get("href") or "")
    if root is not None and b"/wp-content/" in page.body:  # extensions remove the statement
        return resolve(page.final_url, "/wp-json/")
    return None


def _feed(root: HtmlElement | None, page: Page, api: str) -> str:
    for element in () if root is None else root.iter("link"):
        href = element.get("href") or ""
        if _FEED_TYPE.fullmatch(element.get("type") or "") and "comments" not in href:
            return resolve(page.final_url, href) or f"{_home(api)}feed/"
    return f"{_home(api)}feed/"


def _home(api: str) -> str:
    """Return the address of the site that an interface belongs to, with a slash at its end."""
    path = api.partition("?")[0].partition("/wp-json")[0].removesuffix("index.php")
    return f"{path.rstrip('/')}/"


def _with(api: str, route: str, params: Mapping[str, str]) -> str:
    """Return the address of a route; sites without pretty addresses take it as a parameter."""
    path, _, query = api.partition("?")
    if "rest_route=" in query:
        told = {"rest_route": f"/{route}", **params}
        return f"{path}?{urlencode(told, safe='/,')}"
    return f"{path.rstrip('/')}/{route}" + (f"?{urlencode(params, safe='/,')}" if params else "")


# --- posts -----------------------------------------------------------------------------------


def _collection(url: str) -> str:
    """Return the address of posts in the order of their last change, filters kept."""
    path, _, query = url.partition("?")
    params = dict(parse_qsl(query, keep_blank_values=True))
    if path.rstrip("/").endswith("/wp-json"):
        path = f"{path.rstrip('/')}/wp/v2/posts"
    if params.get("rest_route") == "/":
        params["rest_route"] = "/wp/v2/posts"
    params.pop("page", None)
    params |= {"per_page": str(PAGE_SIZE), **_ORDER, "_embed": "author", "_fields": _FIELDS}
    return f"{path}?{urlencode(params, safe='/,')}"


def _read_posts(rows: list[Mapping[str, Any]], source: Source, page: Page) -> Parsed:
    params = dict(parse_qsl(urlsplit(page.final_url).query))
    ordered = all(params.get(name) == value for name, value in _ORDER.items())
    single = re.search(r"/\d+/?$", urlsplit(page.final_url).path) is not None
    entries, problems = [], []
    for row in rows:
        if text_of(row.get("status")) in (None, "publish"):
            if entry := _entry(row, source, page):
                entries.append(entry)
            else:
                message = "Ein Beitrag hat keine Kennung oder keine Adresse"
                problems.append(Problem(code=Code.IDENTITY_LOST, message=message,
                                        where=page.final_url))  # fmt: skip
    if page.role is Role.ROOT and not ordered and not single and rows:
        ours = _first_page(_collection(page.final_url))  # all of them, in our order and size
        return replace(ours, entries=tuple(entries), problems=tuple(problems))
    following = _next(page, params)
    # Without a total a full page may be the last one, or not.
    told = "x-wp-totalpages" in page.headers or len(rows) < int(params.get("per_page", "10"))
    return Parsed(
        entries=tuple(entries),
        follow=(Follow(url=following, role=Role.INDEX),) if following else (),
        complete=told or following is not None,
        newest_first=ordered,
        problems=(*problems, *_emptiness(rows, page)),
    )


def _emptiness(rows: list[Mapping[str, Any]], page: Page) -> Iterable[Problem]:
    if not rows and page.role is Role.ROOT:
        yield Problem(code=Code.EMPTY, message="Die Schnittstelle nennt keinen Beitrag",
                      where=page.final_url)  # fmt: skip


def _next(page: Page, params: Mapping[str, str]) -> str | None:
    """Return the next page; behind the last one the interface answers 400, so it is not asked."""
    total, number = page.headers.get("x-wp-totalpages", ""), params.get("page", "1")
    if total.isdecimal() and number.isdecimal():
        if int(number) >= int(total):
            return None
        told = {**params, "page": str(int(number) + 1)}
        return f"{page.final_url.partition('?')[0]}?{urlencode(told, safe='/,')}"
    found = re.search(r"<([^<>]+)>\s*;\s*rel=\"?next", page.headers.get("link", ""))
    url = resolve(page.final_url, found[1]) if found else None
    return None if url in (page.url, page.final_url) else url


def _entry(row: Mapping[str, Any], source: Source, page: Page) -> Entry | None:
    number, url = text_of(row.get("id")), resolve(page.final_url, text_of(row.get("link")) or "")
    if not number or not url or not text_of(row.get("link")):
        return None
    body = text_of(mapping(row.get("content")).get("rendered")) or ""
    root = html.tree(body)
    blocks = [] if root is None else html.blocks(root, _DROP)
    text = html.join(blocks)
    return Entry(
        entry_id=text_of(mapping(row.get("guid")).get("rendered")) or number,
        url=url,
        title=_line(mapping(row.get("title")).get("rendered")) or None,
        text=text,
        summary=_line(mapping(row.get("excerpt")).get("rendered")),
        published=when_of(_instant(row, "date"), source, page),
        updated_at=date_of(_instant(row, "modified"), source, page),
        authors=_authors(row),
        links=html.links(blocks, url),
        aliases=_permalinks(row, url, number, page),
        found_by={"text": "content.rendered", "published": "date_gmt"},
        thin=not text,  # made by a page builder, or locked with a password
    )


def _line(value: object) -> str:
    """Return markup as one line; titles carry entities and now and then elements."""
    return " ".join(html.plain(text_of(value) or "").split())


def _instant(row: Mapping[str, Any], name: str) -> str | None:
    """Return an instant: `date_gmt` says no zone and means UTC, `date` is local."""
    stated = text_of(row.get(f"{name}_gmt"))
    if stated and not stated.startswith("0000"):
        return stated if stated.endswith("Z") else f"{stated}Z"
    return text_of(row.get(name))


def _authors(row: Mapping[str, Any]) -> tuple[str, ...]:
    named = (text_of(mapping(one).get("name"))
             for one in listed(mapping(row.get("_embedded")).get("author")))  # fmt: skip
    return tuple(dict.fromkeys(name for name in named if name))


def _permalinks(row: Mapping[str, Any], url: str, number: str, page: Page) -> tuple[str, ...]:
    """Return the addresses by number: of the site, and as the guid writes it for this host."""
    parts = urlsplit(page.final_url)
    folder = re.split(r"/wp-json(?:/|$)|/index\.php", parts.path)[0].rstrip("/")
    # The interface may be asked at another host than that of the posts.
    home = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}{folder}/"
    guid = text_of(mapping(row.get("guid")).get("rendered")) or ""
    stated = guid if "?p=" in guid and host_of(guid) == host_of(url) else ""
    own = f"{home}?p={quote(number)}"
    return tuple(alias for alias in dict.fromkeys((own, stated)) if alias and alias != url)
