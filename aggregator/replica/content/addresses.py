"""The many addresses under which others name a publication."""

from urllib.parse import quote

from aggregator.replica.content.federation import dataset_id
from aggregator.replica.content.naming import slug
from aggregator.replica.content.partners import is_plain, page_path
from aggregator.replica.stock import digits
from aggregator.replica.values import (
    ARCHIVE_HOST,
    FEDERATION,
    FORMER_HOST,
    FORUM,
    GUIDE,
    HOSTS,
    MINISTRY,
    NETWORKS,
    Publication,
)

_NODE = "18094882"


def session(seed: str) -> str:
    """Return the session id that GSB glues to a path."""
    return f";jsessionid={digits(seed, 32)}.live892"


def variants(publication: Publication) -> tuple[str, ...]:
    """Return every address that must lead to the publication, its present one first."""
    if publication.platform == MINISTRY:
        return _ministry(publication)
    if publication.platform == GUIDE:
        return _guide(publication)
    if publication.platform in FEDERATION:
        return _federation(publication)
    if publication.platform == FORUM:
        host, number = publication.host, publication.number
        return (
            publication.url,
            f"http://{host}/t/{number}",
            f"https://{host}{publication.path}/1",
            f"http://ozg-kommunal.de{publication.path}?u=rathaus_nord",
        )
    return (
        publication.url,
        f"https://it-planungsrat.de{publication.path}",
        *(f"http://{publication.host}{path}" for path in publication.former_paths),
    )


def _ministry(publication: Publication) -> tuple[str, ...]:
    host = publication.host
    if publication.form == "faq":
        return (publication.url,)
    path, mark, query = publication.path.partition("?")
    old = path.replace("/Webs/DV/", "/Webs/OZG/")
    if publication.form == "download":
        return (
            publication.url,
            f"http://digitale-verwaltung.de{path}?__blob=publicationFile&v=1#page=3",
            f"https://{FORMER_HOST}{old}?__blob=publicationFile",
        )
    found = [
        publication.url,
        f"http://{host}{path}{session(publication.key)}?nn={_NODE}",
        f"http://digitale-verwaltung.de{path}{mark}{query}",
        f"https://{host}{path}?gcp_21251582=1",
        f"http://{host}{path}?pos=2&gtp=33424_list%253D3",
    ]
    if old != path:
        found += [
            f"http://{FORMER_HOST}{old}",
            f"https://{FORMER_HOST.removeprefix('www.')}{old}{session(old)}",
        ]
    return (*found, *(f"http://{host}{former}" for former in publication.former_paths))


def _guide(publication: Publication) -> tuple[str, ...]:
    host = publication.host
    if publication.form == "anlage":
        page, file = publication.parent, publication.path.split("/")[-1].split("?")[0]
        return (
            publication.url,
            f"http://{host}/download/attachments/{page}/{file}",
            f"http://{host}/pages/viewpage.action?pageId={page}"
            f"&preview=/{page}/{publication.number}/{file}",
        )
    number, title = publication.number, publication.title
    return (
        *((publication.url,) if is_plain(title) else ()),
        f"http://{host}{page_path(number)}",
        f"http://{ARCHIVE_HOST}{exported(publication)}",
        f"https://{host}/plugins/viewsource/viewpagesrc.action?pageId={number}",
        f"http://{host}{exported(publication)}",
        f"http://{host}/{number}.html",
    )


def exported(page: Publication) -> str:
    """Return the address of a page of the guide in its static export."""
    return f"/{quote(slug(page.title, words=12))}_{page.number}.html"


def _federation(publication: Publication) -> tuple[str, ...]:
    host, path = publication.host, publication.path
    bare = host.removeprefix("www.")
    further = {
        "blatt": (f"http://{host}/?p={publication.number}", f"http://{host}{path}?utm_source=rss"),
        "daten": (f"http://{host}/dataset/{dataset_id(publication.number)}",),
    }.get(publication.form, ())
    if publication.platform == NETWORKS:
        further = (f"http://{host}{path}{session(path)}?nn=13326",
                   f"http://{host}{path}?nn=13326&pos=4")  # fmt: skip
    known = (publication.url, f"https://{bare}{path}", *further)
    formers = (f"http://{host}{former}" for former in publication.former_paths)
    return tuple(dict.fromkeys((*known, *formers)))


# Addresses that lead nowhere, and what the sentences call the thing that stood there.
DEAD = (
    (f"http://{FORMER_HOST}/Webs/OZG/DE/umsetzung/ozg-dashboard/ozg-dashboard-node.html",
     "Übersicht zum Umsetzungsstand"),
    (f"http://{HOSTS['it-planungsrat']}/SharedDocs/Sitzungen/DE/2017/Sitzung_23.html?pos=3",
     "Niederschrift der Herbstsitzung"),
    (f"http://{HOSTS[GUIDE]}/pages/viewpage.action?pageId=1234567",
     "Vorlage für den Projektsteckbrief"),
    (f"http://{HOSTS[FORUM]}/t/umfrage-zu-den-digitalisierungslaboren/7",
     "Umfrage zu den Digitalisierungslaboren"),
    (f"https://{FORMER_HOST}/SharedDocs/downloads/Webs/OZG/DE/dachabkommen-entwurf.pdf"
     "?__blob=publicationFile&v=1", "Entwurfsfassung des Dachabkommens"),
    (f"http://{HOSTS[MINISTRY]}/SharedDocs/kurzmeldungen/Webs/DV/DE/2020/02_laborbericht.html",
     "Meldung aus dem Digitalisierungslabor"),
)  # fmt: skip
