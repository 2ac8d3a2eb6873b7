"""`search` and `show`: what the web offers, on the command line."""

from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.common import Context, emit, note, say

if TYPE_CHECKING:
    from aggregator.store import Connection

RELATIONS = {
    "copy": "Kopie", "excerpt": "Auszug", "extended": "erweitert", "overlap": "teilweise gleich",
}  # fmt: skip
WAYS = {
    "filter": "Ohne den Filter", "query": "Weniger streng:",
    "both": "Weniger streng und ohne Filter:",
}  # fmt: skip
PATH = "/search"  # of the web page: addresses in the document are those of the web


@click.command("search")
@click.argument("query", nargs=-1)
@click.option("--platform", multiple=True, help="Nur diese Plattform.")
@click.option("--source", multiple=True, help="Nur diese Quelle.")
@click.option("--level", multiple=True, help="Nur diese Ebene: bund, land, kommune ...")
@click.option("--kind", multiple=True, help="Nur diese Art: news, decision ...")
@click.option("--topic", multiple=True, help="Nur dieses Thema.")
@click.option("--ref", multiple=True, help="Nur was diese Fundstelle nennt: '§ 1a OZG'.")
@click.option("--since", help="Ab diesem Tag: 2026-01-31.")
@click.option("--until", help="Bis zu diesem Tag einschließlich.")
@click.option("--sort", help="relevance, date oder linked.")
@click.option(
    "--bundle", help="1: gleicher Inhalt als ein Treffer (so gewohnt); 0: jeder für sich."
)
@click.option("--limit", help="Treffer je Seite, 1 bis 100.")
@click.option("--page", help="Seite, 1 bis 50.")
@click.option("--cursor", help="Seitenzeiger bei --sort date.")
@click.option("--json", "as_json", is_flag=True, help="Dasselbe Dokument wie /search.json.")
@click.pass_obj
def search_command(ctx: Context, /, query: tuple[str, ...], *, as_json: bool, **given: Any) -> None:
    """Durchsucht den Index nach QUERY.

    Wörter, "genaue Wortfolge", -ohne, OR, Klammern, Anfang*, feld:wert; Felder sind plattform,
    ebene, art, thema, quelle, seit, bis und verweis.
    """
    from aggregator.config.vocabulary import vocabulary
    from aggregator.language import analyser
    from aggregator.store import ways_on
    from aggregator.store.filters import settle
    from aggregator.store.search import search
    from aggregator.store.search_query import SearchQuery
    from aggregator.text.analysis import open_word_forms

    told = {name: _several(value) for name, value in given.items() if value}
    typed = SearchQuery.read({"q": [" ".join(query)], **told})
    db = ctx.db(readonly=True)
    known = vocabulary(ctx.data)
    topics = {slug: topic.name for slug, topic in known.topics.items()}
    asked = settle(db, topics, typed)
    words = analyser(db, known, open_word_forms(ctx.data))
    found = search(db, words, asked.query)
    document = ways_on.document(db, words, found, asked, PATH, _label)
    if as_json:
        emit(document | {"query": typed.text})
    else:
        _print(document)


def _several(value: str | tuple[str, ...]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _label(name: str, value: str) -> str:
    from aggregator.query_words import GERMAN

    return f"{GERMAN[name]}:{value}"


def _print(found: dict[str, Any]) -> None:
    """Print hits for people."""
    total = f"{found['total']:,}".replace(",", ".") + ("" if found["total_is_exact"] else "+")
    note(f"{total} Treffer in {found['took_ms']:.0f} ms")
    for name in found["unknown_fields"]:
        note(f"„{name}:“ ist kein Feld und wurde als Wort gesucht")
    if found["suggestion"]:
        note(f"Meinten Sie: {found['suggestion']['query']}")
    for way in found["ways_on"]:
        note(f"{WAYS[way['kind']]} {way['label']}: {way['total']} Treffer")
    for hit in found["hits"]:
        day = (hit["published_at"] or "ohne Datum")[:10]
        say(f"{hit['id']}  {day}  {hit['platform']}  {hit['title']}")
        say(f"              {hit['passage']['url'] if hit['passage'] else hit['url']}")
        if hit["snippet"]:
            say(f"              {hit['snippet']}")


@click.command("show")
@click.argument("name")
@click.option(
    "--why", "other", metavar="NAME", help="Warum ist er mit diesem verbunden, oder nicht?"
)
@click.option("--json", "as_json", is_flag=True, help="Dasselbe Dokument wie /items/ID.json.")
@click.pass_obj
def show_command(ctx: Context, name: str, *, other: str | None, as_json: bool) -> None:
    """Zeigt einen Eintrag mit seinen Querverweisen.

    NAME ist eine Kennung, eine Adresse (auch eine frühere) oder quelle:entry_id.
    """
    from aggregator.store.derived import snapshot
    from aggregator.store.reads_items import item_document

    db = ctx.db(readonly=True)
    if other is not None:
        _explain(db, name, other, as_json=as_json)
        return
    with snapshot(db):
        document = item_document(db, name)
    if as_json:
        emit(document)
        return
    item = document["item"]
    say(f"{item['title']}\n{item['platform']} · {item['kind']} · {item['published_at'] or ''}")
    say(item["url"])
    if not document["linked"]:
        say("\nDie Querverweise dieses Eintrags werden noch ermittelt.")
    if newer := document["newer"]:
        _section("Neuere Fassung", [(newer["item"], newer["because"])])
    _section("Gleicher Inhalt", [
        (r["item"], ", ".join((RELATIONS[r["relation"]], *r["differs"]))) for r in document["same"]
    ])  # fmt: skip
    related = [row for row in document["related"] if row["shown"] and not row["same"]]
    _section("Verwandt", [
        (row["item"], ", ".join(reason["label"] for reason in row["because"])) for row in related
    ])  # fmt: skip
    _section("Verweist auf", [
        (r["item"], r["anchor"]) for r in document["links_out"] if r["item"]
    ])  # fmt: skip
    _section("Wird erwähnt von", [(r["item"], r["anchor"]) for r in document["links_in"]])


def _explain(db: "Connection", name: str, other: str, *, as_json: bool) -> None:
    """Print why two items are linked, or why they are not."""
    from aggregator.store import explain
    from aggregator.store.derived import snapshot

    with snapshot(db):
        told = explain.why(db, name, other)
    if as_json:
        emit(told)
    else:
        say(explain.as_text(told).rstrip())


def _section(title: str, rows: list[tuple[dict[str, Any], str]]) -> None:
    """Print items under a heading; nothing where there are none."""
    if rows:
        say(f"\n{title}")
    for item, why in rows:
        say(f"  {item['id']}  {item['platform']}  {item['title']}" + (f"  ({why})" if why else ""))
