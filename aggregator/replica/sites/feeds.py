"""RSS 2.0 as the platforms write it."""

from collections.abc import Sequence
from html import escape

from aggregator.replica.sites.answer import Answer, etag, http_date, mail_date, paragraphs
from aggregator.replica.values import DEMO_NOTICE, Publication, sentence_of


def rss(
    publications: Sequence[Publication],
    *,
    title: str,
    home: str,
    twice_escaped: bool = False,
    full: bool = False,
    tag: bool = False,
    modified: str | None = None,
) -> Answer:
    """Return a feed.

    Args:
        publications: In the order of the feed.
        title: Of the channel.
        home: Address of the channel.
        twice_escaped: Write `&amp;#252;` for an umlaut, as the feeds of the BMI family do.
        full: With the whole text as `content:encoded` and a guid.
        tag: Send an entity tag.
        modified: Send Last-Modified.
    """
    rows = "\n".join(_item(p, twice_escaped=twice_escaped, full=full) for p in publications)
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">\n<channel>\n'
        f"<title>{escape(title)}</title>\n<link>{home}</link>\n"
        f"<description>{DEMO_NOTICE}</description>\n<language>de</language>\n{rows}\n"
        "</channel>\n</rss>\n"
    ).encode()
    return Answer(
        body=body,
        type="application/rss+xml; charset=utf-8",
        etag=etag(body) if tag else None,
        last_modified=http_date(modified) if modified else None,
    )


def _item(publication: Publication, *, twice_escaped: bool, full: bool) -> str:
    lead = sentence_of(publication.paragraphs[0][:2])
    if twice_escaped:
        lead = "".join(c if c.isascii() else f"&#{ord(c)};" for c in lead)
    rows = [
        f"<title>{escape(publication.title)}</title>",
        f"<link>{escape(publication.url)}</link>",
        f"<description>{escape(lead, quote=False)}</description>",
        f"<pubDate>{mail_date(publication.published or publication.modified)}</pubDate>",
    ]
    if full:
        html = paragraphs(publication.paragraphs)
        rows.append(
            f'<guid isPermaLink="false">{publication.platform}{escape(publication.path)}</guid>'
        )
        rows.append(f"<content:encoded><![CDATA[{html}]]></content:encoded>")
    return f"<item>\n{chr(10).join(rows)}\n</item>"
