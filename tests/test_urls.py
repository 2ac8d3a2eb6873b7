"""Addresses: what is the same, and what it is called."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import urls
from aggregator.model import Level, Platform, PlatformId

GSB = "https://digitale-verwaltung.de/Webs/DV/DE/ozg/foederal-node.html"
LEITFADEN = "https://leitfaden.ozg-umsetzung.de"
MINISTRY = Platform(
    id=PlatformId("ministry"),
    name="Ministerium",
    short_name="Min",
    level=Level.BUND,
    operator=(),
    url="https://www.digitale-verwaltung.de/",
    former=("https://www.onlinezugangsgesetz.de/", "https://www.bmi.bund.de/Webs/OZG/"),
)


@pytest.fixture
def packaged_rules() -> Iterator[None]:
    yield
    urls.install({})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Example.ORG:80/%7euser/../a//b#c", "https://example.org/a/b"),
        ("https://user:pw@example.org/", "https://example.org/"),
        ("https://example.org", "https://example.org/"),
        ("http://example.org:8080/a", "http://example.org:8080/a"),
        ("https://müller.example/ä?q=ö", "https://xn--mller-kva.example/%C3%A4?q=%C3%B6"),
        ("https://example.org/?b=2&a=1&b=1", "https://example.org/?a=1&b=2&b=1"),
        ("https://example.org/?a=x%20y&b=x+y", "https://example.org/?a=x%20y&b=x%20y"),
        ("https://example.org/?a&b=", "https://example.org/?a&b="),
        ("https://example.org/a%2fb%41", "https://example.org/a%2FbA"),
        ("https://example.org/?utm_source=rss&id=7&fbclid=x", "https://example.org/?id=7"),
        ("https://www.example.org/a", "https://example.org/a"),
        ("http://www.de/a", "https://www.de/a"),
        (f"{GSB};jsessionid=90B69D04E53F6F1702B8AFC66897B816.live892", GSB),
        (f"{GSB.replace('//', '//www.')}?nn=18094882&gcp_21251582=1&gtp=33424_list%253D3", GSB),
        ("https://x.example/SharedDocs/d.pdf?__blob=publicationFile&v=5#page=18",
         "https://x.example/SharedDocs/d.pdf?__blob=publicationFile"),
        ("https://x.example/video?v=5", "https://x.example/video?v=5"),
        ("https://x.example/shop?pos=2&nn=1", "https://x.example/shop?nn=1&pos=2"),
        ("https://x.example/?tx_news_pi1%5Bnews%5D=67&cHash=9bd1",
         "https://x.example/?tx_news_pi1[news]=67"),
        ("https://x.example/artikel?amp=1", "https://x.example/artikel"),
        ("https://x.example/watt?amp=16", "https://x.example/watt?amp=16"),
        ("https://www.heise.de/news/A-4619072.html?wt_mc=rss.red.ho.ho.rdf.beitrag.beitrag",
         "https://heise.de/news/A-4619072.html"),
        ("https://www.egovernment.de/zugriff-a-0a4012353bb80403b347ad66d4bd221e/?cflt=rel&p=4",
         "https://egovernment.de/zugriff-a-0a4012353bb80403b347ad66d4bd221e/"),
        (f"{LEITFADEN}/display/OZG/11.3%20Schritte", f"{LEITFADEN}/display/OZG/11.3+Schritte"),
        ("https://x.example/a/..;jsessionid=1/b", "https://x.example/b"),
        ("mailto:amt@example.org", "mailto:amt@example.org"),
        ("kein Link", "kein Link"),
        ("https://[::1", "https://[::1"),
        ("https://example.org/\ud800", "https://example.org/\ud800"),
        ("", ""),
    ],
)  # fmt: skip
def test_canonical(url: str, expected: str) -> None:
    assert urls.canonical(url) == expected


@given(
    st.text(alphabet="aB1./;?&=%#+[]|'\\ :@ä-_~", max_size=40),
    st.sampled_from(["https://", "http://www.", "https://x.example/", "https://x.example/?", ""]),
    st.sampled_from(["", ";jsessionid=A", "%2e%2E/", "?utm_x=1", "&v=2&__blob=a"]),
)
def test_canonical_is_idempotent(text: str, start: str, end: str) -> None:
    once = urls.canonical(start + text + end)

    assert urls.canonical(once) == once


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.it-planungsrat.de/beschluss/beschluss-2025-03", "itplr:2025/03"),
        ("https://www.it-planungsrat.de/beschluss/beschluss-2018-036/", "itplr:2018/36"),
        (f"{LEITFADEN}/pages/viewpage.action?pageId=79430869", "confluence:79430869"),
        (f"{LEITFADEN}/pages/viewpage.action?navigatingVersions=true&pageId=79430869",
         "confluence:79430869"),
        (f"{LEITFADEN}/plugins/viewsource/viewpagesrc.action?pageId=40370298",
         "confluence:40370298"),
        (f"{LEITFADEN}/40370332.html", "confluence:40370332"),
        (f"{LEITFADEN}/5.2-Zusammenarbeit-in-einem-Themenfeld_4621586.html", "confluence:4621586"),
        (f"{LEITFADEN}/rest/api/content/4621586?expand=body.view", "confluence:4621586"),
        ("https://wiki.example/spaces/OZG/pages/4621586/Titel", "confluence:4621586"),
        (f"{LEITFADEN}/display/OZG/Hilfen?preview=/12583387/49316400/EfA.pdf",
         "confluence:12583387/EfA.pdf"),
        (f"{LEITFADEN}/download/attachments/12583387/EfA.pdf?version=2&api=v2",
         "confluence:12583387/EfA.pdf"),
        ("https://x.example/?tx_news_pi1[action]=detail&tx_news_pi1[news]=67", "tx_news:67"),
        ("https://www.egovernment.de/zugriff-a-0a4012353bb80403b347ad66d4bd221e/",
         "vogel:0a4012353bb80403b347ad66d4bd221e"),
        ("https://www.egovernment-computing.de/slug-a-912345/?cflt=rel", "vogel:912345"),
        ("https://forum.example/t/fristen-im-ozg/123/4", "discourse:123"),
        ("https://forum.example/t/123", "discourse:123"),
        ("https://forum.example/t/123/4", "discourse:123"),
        ("https://forum.example/t/fristen/123.json", "discourse:123"),
        ("https://kreise.example/diskussion/t/fristen/123/4?u=kai", "discourse:123"),
        ("https://www.heise.de/news/A-4619072.html?wt_mc=rss", "heise:4619072"),
        ("https://www.krz.de/index.php?object=tx%7C2669.73&ModID=7&FID=2669.2000.1",
         "ikiss:7/2669.2000.1"),
        ("https://www.move-online.de/?p=125884&post_type=k21-meldungen", "wordpress:125884"),
    ],
)  # fmt: skip
def test_the_identity_of_a_system_is_the_key(url: str, key: str) -> None:
    assert urls.identity(url).key == key


@pytest.mark.parametrize(
    "url",
    [
        "https://presse.example/artikel_1234567.html",
        "https://presse.example/4621586.html",
        f"{LEITFADEN}/archiv/2020/bild_4621586.html",
        "https://andere.example/beschluss/beschluss-2025-03",
        "https://it-planungsrat.de/fileadmin/beschluesse/2020/Beschluss2020-33_Anlage.pdf",
        "https://forum.example/t/fristen",
        "https://forum.example/team/123",
        "https://x.example/?tx_news_pi1[currentPage]=2",
        "https://x.example/blog/?p=2",
        "https://presse.example/news/A-4619072.html",
        f"{LEITFADEN}/display/OZG/11.3.3.1+Organisatorische+Schritte",
    ],
)
def test_a_rule_keeps_to_its_own_family(url: str) -> None:
    found = urls.identity(url)

    assert found.key == found.canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://onlinezugangsgesetz.de/Webs/OZG/DE/a/a-node.html?nn=1",
         "https://www.digitale-verwaltung.de/Webs/DV/DE/a/a-node.html"),
        ("https://www.onlinezugangsgesetz.de/SharedDocs/x/Webs/OZG/DE/a.pdf?__blob=x&v=1",
         "https://www.digitale-verwaltung.de/SharedDocs/x/Webs/DV/DE/a.pdf?__blob=x&v=4"),
        ("https://www.bmi.bund.de/Webs/OZG/DE/a.html",
         "https://www.digitale-verwaltung.de/Webs/DV/DE/a.html"),
        ("https://www.digitale-verwaltung.de/a", "http://digitale-verwaltung.de/a/"),
        ("https://onlinezugangsgesetz.de/t/slug/7", "https://digitale-verwaltung.de/t/7/2"),
    ],
)  # fmt: skip
def test_former_addresses_lead_to_the_present(one: str, other: str) -> None:
    assert urls.identity(one, MINISTRY).link_key == urls.identity(other, MINISTRY).link_key


def test_other_tenants_of_a_shared_host_are_not_the_platform() -> None:
    other = urls.identity("https://www.bmi.bund.de/Webs/CIO/DE/a.html", MINISTRY)

    assert other.link_key == "bmi.bund.de/Webs/CIO/DE/a.html"


def test_link_keys_without_a_platform_drop_scheme_www_and_last_slash() -> None:
    assert urls.identity("http://www.example.org/a/").link_key == "example.org/a"


def test_what_is_no_address_is_its_own_identity() -> None:
    found = urls.identity("urn:xoev-de:it-plr")

    assert (found.key, found.canonical, found.link_key) == ("urn:xoev-de:it-plr",) * 3


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://WWW.Example.org/a", "www.example.org"),
        ("http://example.org:8101/", "example.org:8101"),
        ("http://example.org:80/", "example.org"),
        ("mailto:a@b.de", ""),
        ("", ""),
    ],
)
def test_host_of(url: str, host: str) -> None:
    assert urls.host_of(url) == host


@pytest.mark.parametrize(
    ("base", "href", "expected"),
    [
        ("https://x.example/a/b", "c?d#e", "https://x.example/a/c?d#e"),
        ("https://x.example/a/b", "//y.example/c", "https://y.example/c"),
        ("https://x.example/a/b", "///y.example/c", "https://y.example/c"),
        ("https://x.example/a/b", " \\c\n ", "https://x.example/c"),
        ("https://x.example/a/b", "", "https://x.example/a/b"),
        ("", "https://y.example/ä", "https://y.example/%C3%A4"),
        ("", "/c", None),
        ("https://x.example/", "javascript:alert(1)", None),
        ("https://x.example/", "mailto:a@b.de", None),
        ("https://x.example/", "http://[::1", None),
        ("https://x.example/", "//[::1", None),
    ],
)
def test_resolve(base: str, href: str, expected: str | None) -> None:
    assert urls.resolve(base, href) == expected


@pytest.mark.parametrize(
    ("include", "exclude", "admitted"),
    [
        ((), (), True),
        (("/aktuelles/",), (), True),
        (("/presse/",), (), False),
        (("/presse/", "re:^/aktuelles/\\d+"), (), True),
        ((), ("id=7",), False),
        (("/aktuelles/",), ("re:id=\\d$",), False),
        (("x.example",), (), False),
    ],
)
def test_admits(include: tuple[str, ...], exclude: tuple[str, ...], admitted: bool) -> None:
    assert urls.admits("https://x.example/aktuelles/2026?id=7", include, exclude) is admitted


def test_an_address_without_a_path_is_admitted_as_the_root() -> None:
    assert urls.admits("https://x.example", ("re:^/$",), ())


@pytest.mark.usefixtures("packaged_rules")
def test_an_installation_adds_and_replaces_rules() -> None:
    urls.install(
        {
            "keys": [
                {"id": "meldung", "path": "^/meldung_(?P<id>\\d+)", "key": "k21:{id}"},
                {"id": "wordpress", "path": "^/blog/$", "query": {"p": "(?P<p>\\d+)"},
                 "key": "wordpress:{p}"},
            ],
            "noise": [{"id": "own", "drop": "ansicht"}],
        }
    )  # fmt: skip

    assert urls.identity("https://x.example/meldung_39436_gn").key == "k21:39436"
    assert urls.identity("https://x.example/blog/?p=7").key == "wordpress:7"
    assert urls.identity("https://x.example/?p=7").key == "https://x.example/?p=7"
    assert urls.canonical("https://x.example/?ansicht=1&wt_mc=2") == "https://x.example/"
