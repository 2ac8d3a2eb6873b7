"""HTML to text and links."""

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.text.charset import decode
from aggregator.text.html import MAX_LINKS, content_links, plain

BASE = "https://haus.example/ordner/seite.html"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Eins</p><p>Zwei</p>", "Eins\n\nZwei"),
        ("Eins<br>zwei<br><br>Drei", "Eins\nzwei\n\nDrei"),
        ("<p>Punkte:</p><ul><li>a<li><p>b</p><ul><li>c</ul></ul><p>Ende</p>",
         "Punkte:\n\na\nb\nc\n\nEnde"),
        ("<table><tr><th>A<th>B<tr><td>1<td>2</table>", "A | B\n1 | 2"),
        ("<p>a <span class='aural'>weg </span>b</p>", "a b"),
        ("<p>a <span class='c-x u-visually-hidden'>weg</span>b</p>", "a b"),
        ("<p>a<script>weg()</script><style>p{}</style><template>weg</template></p>", "a"),
        ("<p style='display: none'>weg</p><p hidden>weg</p>da", "da"),
        ("Verwaltungs&shy;digitalisierung", "Verwaltungsdigitalisierung"),
        ("Bu&#776;rger", "Bürger"),
        ("<p>Bild (Vergrößerung öffnet sich im neuen Fenster)</p>", "Bild"),
        ("<p>a\n   b&nbsp;c</p>", "a b c"),
        ("<pre>x = 1\n  y</pre>", "x = 1\n  y"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("<p>offen <b>fett <i>beides</p> danach", "offen fett beides\n\ndanach"),
        ("", ""), ("<!-- nur das -->", ""), ("\x00", ""),
    ],
)  # fmt: skip
def test_plain_text(html: str, text: str) -> None:
    assert plain(html) == text


def test_link_comes_with_the_sentence_around_it() -> None:
    html = (
        "<p>Das gilt nach Abs. 2 nicht. Näheres steht im <a href='../leitfaden'>Leitfaden"
        " <b>Nachnutzung</b></a>, vgl. Nr. 3 der Anlage. Ende.</p>"
    )
    (link,) = content_links(html, BASE)
    assert link.url == "https://haus.example/leitfaden"
    assert link.anchor == "Leitfaden Nachnutzung"
    assert link.sentence == "Näheres steht im Leitfaden Nachnutzung, vgl. Nr. 3 der Anlage."
    assert link.prose


def test_entries_of_a_link_list_are_no_prose() -> None:
    html = "<ul><li><a href=/a>Beschluss</a> (PDF)<li>Mehr: <a href=/b>Leitfaden</a></ul>"
    assert [(link.anchor, link.prose) for link in content_links(html, BASE)] == [
        ("Beschluss", False),
        ("Leitfaden", False),
    ]


def test_picture_gives_way_to_words_for_the_same_address() -> None:
    html = "<a href=/a><img></a><p><a href=/a>Wort</a> <a href=/b><img></a>"
    links = content_links(html, BASE)
    assert [(link.url[-2:], link.anchor, link.position) for link in links] == [
        ("/a", "Wort", 0),
        ("/b", "", 1),
    ]


def test_link_around_blocks_is_one_link() -> None:
    (link,) = content_links("<a href=/a><h3>Titel</h3><p>Text des Teasers</p></a>", BASE)
    assert (link.anchor, link.sentence) == ("Titel", "Titel")


@pytest.mark.parametrize(
    "href", ["#unten", "mailto:amt@haus.example", "javascript:void(0)", "tel:110", "http://[::"]
)
def test_what_leads_to_no_page_is_no_link(href: str) -> None:
    assert content_links(f"<a href='{href}'>x</a>", BASE) == ()


def test_base_element_is_honoured() -> None:
    html = "<base href='https://haus.example/'><a href='SharedDocs/a.html'>A</a>"
    assert content_links(html, BASE)[0].url == "https://haus.example/SharedDocs/a.html"


def test_masses_of_links_in_one_paragraph_are_bounded() -> None:
    assert (
        len(content_links("<p>" + "<a href=/x>wort</a> " * (MAX_LINKS + 5000), BASE)) == MAX_LINKS
    )


@given(st.text(alphabet="<>/ab \n&;#=\"'\u00ad\u0308pliud", max_size=80))
@settings(max_examples=150, deadline=None)
def test_text_is_normal_and_without_blank_edges(html: str) -> None:
    text = plain(html)
    assert unicodedata.is_normalized("NFC", text)
    assert text == text.strip()
    assert "\n\n\n" not in text
    content_links(html, BASE)


@pytest.mark.parametrize(
    ("body", "charset", "media_type", "text"),
    [
        ("Größe".encode(), "iso-8859-1", "text/html", "Größe"),  # the header is wrong
        ("Größe".encode("cp1252"), "iso-8859-1", "text/html", "Größe"),
        ("Größe – „x“".encode("cp1252"), "us-ascii", "text/html", "Größe – „x“"),
        ("\ufeffGröße".encode(), "iso-8859-1", "text/html", "Größe"),
        ("\ufeffGröße".encode("utf-16-le"), None, "", "Größe"),
        (b"<meta charset='windows-1252'>Gr\xf6\xdfe", None, "text/html",
         "<meta charset='windows-1252'>Größe"),
        ("<?xml version='1.0' encoding='iso-8859-15'?>1 €".encode("iso-8859-15"), None, "text/xml",
         "<?xml version='1.0' encoding='iso-8859-15'?>1 €"),
        ("Größe".encode(), "gibt-es-nicht", "text/html", "Größe"),
        ("Größe".encode(), "base64", "text/html", "Größe"),  # a codec, but no text encoding
        ('"Größe"'.encode(), "iso-8859-1", "application/json", '"Größe"'),
        (b"a\x00b", None, "", "ab"),
        (b"", None, "", ""),
    ],
)  # fmt: skip
def test_bytes_are_decoded_by_the_best_evidence(
    body: bytes, charset: str | None, media_type: str, text: str
) -> None:
    assert decode(body, charset, media_type) == text


def test_undeclared_single_bytes_are_detected() -> None:
    text = "Die Gemeinde prüft die Größe der Fläche, die Bürger dürfen äußern, was sie stört. " * 5
    assert decode(text.encode("cp1252")) == text


@given(st.binary(max_size=60), st.sampled_from([None, "utf-8", "utf-16", "x", "cp1252", "idna"]))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_decoded(body: bytes, charset: str | None) -> None:
    assert "\0" not in decode(body, charset)


def test_picture_that_leads_to_its_enlargement_is_no_link() -> None:
    html = (
        "<p><a href='/bild.jpg'><img src='klein.jpg' alt=''></a> Ein Bild."
        " <a href='/seite'><img src='klein.jpg' alt=''></a></p>"
    )

    assert [link.url for link in content_links(html, "https://amt.example/")] == [
        "https://amt.example/seite"
    ]


def test_threads_read_with_one_parser_without_mixing() -> None:
    fragments = [f"<p>Amt {n} <b>fett</b></p>" * 20 + "<ul><li>" * (n % 7) for n in range(400)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(plain, fragments))

    assert found == ["\n\n".join([f"Amt {n} fett"] * 20) for n in range(400)]
