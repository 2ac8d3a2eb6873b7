"""The listings of content systems, as data: where the entries stand, and the link that goes on.

One row per preset of sources.yaml. Selectors are CSS; the alternatives of a place are tried in
their order, `next` may match all links of a pager (the one that goes on is chosen by its number).
The places are those that public scrapers of these systems and the systems' own templates use.
Pager links are always followed as written: TYPO3 signs each with a `cHash` of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the parts of a listing stand; every part but `item` and `next` within an item."""

    item: str
    link: str
    title: str
    date: str
    summary: str
    next: str


FIELDS = tuple(field.name for field in fields(Places))
DEFAULT = "gsb-c"
# The page after the one that is marked as the current one, and what declares itself to be next.
_AFTER_CURRENT = (
    "li.active + li > a, li.current + li > a, li:has(> [aria-current]) + li > a,"
    " a[rel~=next], link[rel~=next]"
)
_IKISS = "a[href*='FID='][href*='ModID=']"
_VOGEL = "a[href*='-a-']"

PRESETS: Mapping[str, Places] = MappingProxyType(
    {
        # Government Site Builder, the dialect of bmi.bund.de: teasers, and search results.
        "gsb-c": Places(
            item="div.c-content-teaser, div.c-search-teaser, li.c-search-teaser",
            link="a.c-content-teaser__l, a.c-search-teaser__link, a[href]",
            title=".c-content-teaser__h, .c-search-teaser__h, .c-search-teaser__headline,"
            " a.c-search-teaser__link, h2, h3",
            date=".c-content-teaser__small, .c-search-teaser__small, .c-search-teaser__date, time",
            summary=".c-content-teaser__p--text, .c-search-teaser__p, p",
            next="div.navIndex li.forward > a, .navIndex .forward a, a.forward, a[rel~=next]",
        ),
        # Government Site Builder, the dialect of bmdv.bund.de and bmwk.de.
        "gsb-card": Places(
            item=".search-results ul > li:has(a.card-link), li.card:has(a.card-link),"
            " div.card:has(a.card-link):not(li *)",
            link="a.card-link",
            title=".card-title, .card-headline, a.card-link, h2, h3",
            date="p.topline, .card-topline, .card-date, span.date, time",
            summary=".card-text, p:not(.topline, .card-topline, .card-date)",
            next="a.pagination-link-next, a[aria-label='Next'], a[aria-label='Nächste Seite'],"
            " a[rel~=next]",
        ),
        # Government Site Builder as web components, the dialect of bmas.de.
        "gsb-pp": Places(
            item="pp-teaser:has([href])",
            link="pp-link[href], a[href]",
            title="[data-slot='pp-headline'], pp-headline, [slot='headline'], h2, h3, pp-link",
            date="time, pp-date, [slot='date'], [slot='topline']",
            summary="pp-richtext, [slot='text'], p",
            next="pp-pagination pp-link[rel~=next], pp-pagination [data-direction='next'][href],"
            " pp-link[rel~=next], a[rel~=next]",
        ),
        # TYPO3: the news extension's own templates, and the search results of bmds.bund.de.
        "typo3-news": Places(
            item="li.search-result.teaser, .news-list-view .article, .news .news-list-item,"
            " .news-list-view .news-list-item, .news-list-view li.news-item",
            link="a.teaser-link, .header a[href], h2 a[href], h3 a[href], a.more, a[href]",
            title=".teaser-headline, a.teaser-link, [itemprop=headline], .header, h2, h3, h4",
            date=".date-text, time, .news-list-date, .date",
            summary=".results-list-teaser p, .results-list-teaser, [itemprop=description],"
            " .teaser-text, .news-list-teaser, p",
            next=f".pagination li.next > a, .page-navigation li.next > a, li.next > a,"
            f" a.next, {_AFTER_CURRENT}, a[href*='currentPage']",
        ),
        # Joomla: blog and list of a category. Many of them show no date; the page itself does.
        "joomla": Places(
            item=".com-content-category-blog__item, .blog .item, .blog-featured .item,"
            " .items-row .item, .items-leading > [class*=leading-], tr[class*=cat-list-row],"
            " .com-content-category__articles li",
            link=".page-header a[href], .item-title a[href], .list-title a[href], h2 a[href],"
            " h3 a[href], .readmore a[href], a[href]",
            title=".page-header h2, .page-header, .item-title, .list-title, h2, h3",
            date="dd.published time, dd.create time, .article-info time, time, td.list-date,"
            " dd.published, dd.create, .createdate",
            summary=".item-content > p, .introtext, p:not(.readmore)",
            next=f".pagination-next > a, li.pagination-next a, .pagination a.next,"
            f" .pagination a[aria-label*='weiter' i], .pagination a[title='Weiter'],"
            f" {_AFTER_CURRENT}, .pagination a[href*='start=']",
        ),
        # Vogel Communications: an article is known by the id at the end of its address.
        "vogel": Places(
            item=f"article:has({_VOGEL}):not(:has(article)),"
            f" li:has({_VOGEL}):not(:has(li, article), article li),"
            f" div[class*=teaser]:has({_VOGEL})"
            ":not(:has(article, li, div[class*=teaser]), article *, li *)",
            link=_VOGEL,
            title="[class*=headline], [class*=-hl], h2, h3, h4, a[href*='-a-']",
            date="time, [class*=date]",
            summary="[class*=-txt], [class*=text]:not([class*=hl]), p",
            next=f"a.next, a[class*=next][href], a[aria-label='Nächste Seite'], {_AFTER_CURRENT}",
        ),
        # IKISS: the query is the identity of an article (`ModID`, `FID`).
        "ikiss": Places(
            item=f"article:has({_IKISS}):not(:has(article)),"
            f" li:has({_IKISS}):not(:has(li, article), article li, nav li),"
            f" tr:has({_IKISS}):not(:has(li, article)),"
            f" div[class*=result]:has({_IKISS})"
            ":not(:has(article, li, tr, div[class*=result]), article *, li *)",
            link=_IKISS,
            title=".title, .list-title, h2, h3, h4, a[href*='FID=']",
            date="time, .date, .datum, .list-date",
            summary=".list-text, .caption p, .text, p:not(.date, .datum)",
            next=f"a.next, li.next > a, a[title*='nächste' i], a[aria-label*='nächste' i],"
            f" {_AFTER_CURRENT}",
        ),
    }
)
