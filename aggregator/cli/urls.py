"""`urls`: what the rules for addresses say of an address, and what other rules would change."""

from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

import click

from aggregator.cli.common import Context, emit, note, say
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from aggregator.rekeying import Held, Plan

JSON = click.option("--json", "as_json", is_flag=True, help="Ausgabe als JSON.")
RULES = click.option(
    "--rules", type=click.File("rb"),
    help="Andere eigene Regeln als die in Kraft: eine vocabulary.yaml, oder was dort unter"
    " url_rules steht; - liest die Standardeingabe.",
)  # fmt: skip
SHOWN = 10  # examples of each kind for people


@click.group()
def urls_command() -> None:
    """Adressregeln: erproben, ihre Folgen ansehen, sie anwenden."""


@urls_command.command("test")
@click.argument("addresses", nargs=-1, required=True)
@RULES
@JSON
@click.pass_obj
def test_command(
    ctx: Context, addresses: Sequence[str], rules: IO[bytes] | None, *, as_json: bool
) -> None:
    """Zeigt, was die Regeln in Adressen lesen, und welche davon dasselbe meinen."""
    from aggregator import urls

    table = _table(ctx, rules)
    told = [_address(ctx, urls.load(table), url) for url in addresses]
    if as_json:
        for row in told:
            emit(row)
        return
    for row in told:
        say(row["url"])
        say(f"  Kennung   {row['key']}" + (f"  (Regel {row['rule']})" if row["rule"] else ""))
        if row["key"] != row["canonical"]:
            say(f"  Normalform {row['canonical']}")
    keys = {row["key"] for row in told}
    if len(told) > 1:
        say("Alle meinen dasselbe." if len(keys) == 1 else f"{len(keys)} verschiedene Dinge.")


def _table(ctx: Context, rules: IO[bytes] | None) -> dict[str, Any]:
    """Return the rule table with the rules of a file, else with those of the installation."""
    from aggregator import config, urls

    if rules is None:
        return urls.table_with(config.vocabulary(ctx.data).url_rules)
    return urls.table_with(config.rules_in(rules.read(), rules.name))


def _address(ctx: Context, rules: Any, url: str) -> dict[str, Any]:
    from aggregator import urls

    host = urls.host_of(url)
    home = next((p for p in ctx.catalogue.platforms if host in
                 {urls.host_of(a) for a in (p.url, *p.former)}), None)  # fmt: skip
    found = urls.identity_under(rules, url, home)
    return {
        "url": url, "canonical": found.canonical, "key": found.key, "link_key": found.link_key,
        "rule": urls.rule_of(rules, url), "platform": home.id if home else None,
    }  # fmt: skip


@urls_command.command("preview")
@RULES
@JSON
@click.pass_obj
def preview_command(ctx: Context, rules: IO[bytes] | None, *, as_json: bool) -> int:
    """Zeigt, was andere Regeln aus den gespeicherten Einträgen machten; ändert nichts.

    Nennt, welche Einträge zu einem würden und welche zu mehreren, mit Zahlen vorher und nachher.
    """
    from aggregator.store import rekey

    table = _table(ctx, rules)
    if not ctx.database.exists():
        raise ConfigError("es ist noch nichts gespeichert", where=str(ctx.database),
                          remedy="erst aggregator refresh")  # fmt: skip
    db = ctx.db(readonly=True)
    try:
        found = rekey.preview(db, table)
    finally:
        db.close()
    _report(found, as_json=as_json)
    return 0


@urls_command.command("apply")
@JSON
@click.pass_obj
def apply_command(ctx: Context, *, as_json: bool) -> int:
    """Benennt alles Gespeicherte nach den Regeln, die in vocabulary.yaml stehen.

    Einträge, die dasselbe sind, werden einer; der ältere behält seine Adresse im Index, Fassungen,
    Verweise und Entscheidungen ziehen mit. Was ein Abruf wegen vieler Folgen zurückhielt, geschieht
    hier. Ohne Änderung geschieht nichts.
    """
    from aggregator.cli.common import derive_now
    from aggregator.clock import stamp
    from aggregator.rekeying import Plan
    from aggregator.store import rekey

    table = _table(ctx, None)
    db = ctx.db()
    try:
        done = rekey.settle(db, table, stamp(ctx.clock.now()))
        if done is None and not rekey.is_current(db, table):
            raise ConfigError("ein anderer Vorgang wendet gerade Regeln an", where="urls apply",
                              remedy="gleich noch einmal versuchen")  # fmt: skip
        if done is not None:
            derive_now(ctx, db)
    finally:
        db.close()
    _report(done or Plan(), as_json=as_json)
    return 0


# --- telling ---------------------------------------------------------------------------------


def _report(found: "Plan", *, as_json: bool) -> None:
    told = document(found)
    if as_json:
        emit(told)
        return
    say(f"Einträge {told['items']['before']} -> {told['items']['after']}, Adressen"
        f" {told['addresses']['before']} -> {told['addresses']['after']};"
        f" {told['touched']} Einträge mit anders benannten Adressen")  # fmt: skip
    for merge in told["merges"][:SHOWN]:
        say(f"\nwird einer ({merge['because']}):")
        for item in merge["items"]:
            say(f"  {item['id']}  {item['title'][:60]}\n  {'':12}  {item['url']}")
    for split in told["splits"][:SHOWN]:
        say(f"\nwird mehreres: {split['item']['id']}  {split['item']['title'][:60]}")
        say(f"  bleibt {split['key']}")
        for key, addresses in split["others"].items():
            say(f"  {key}: {', '.join(addresses)}")
    for renamed in told["renamed"][:SHOWN]:
        say(f"\nheißt anders: {renamed['item']['key']} -> {renamed['key']}")
    for name, word in (("merges", "Zusammenlegungen"), ("splits", "Teilungen"),
                       ("renamed", "Umbenennungen")):  # fmt: skip
        if len(told[name]) > SHOWN:
            note(f"{len(told[name])} {word}, {SHOWN} davon gezeigt; alle: --json")


def document(found: "Plan") -> dict[str, Any]:
    """Return a plan as JSON."""
    return {
        "items": {"before": found.items_before, "after": found.items_after},
        "addresses": {"before": found.addresses_before, "after": found.addresses_after},
        "touched": len(found.touched),
        "merges": [
            {"items": [_item(item) for item in merge.items], "key": merge.key,
             "because": merge.because} for merge in found.merges
        ],
        "splits": [
            {"item": _item(split.item), "key": split.key,
             "others": {key: list(urls) for key, urls in split.others.items()}}
            for split in found.splits
        ],
        "renamed": [{"item": _item(r.item), "key": r.key} for r in found.renamed],
    }  # fmt: skip


def _item(held: "Held") -> dict[str, str]:
    return {"id": held.id, "platform": held.platform, "key": held.key, "url": held.url,
            "title": held.title}  # fmt: skip
