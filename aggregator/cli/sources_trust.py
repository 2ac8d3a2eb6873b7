"""`sources accept` and `sources snapshots`: what to do about a source that is not believed."""

import click

from aggregator.cli.common import Context, emit, listed, note, say, table

JSON = click.option("--json", "as_json", is_flag=True, help="Ausgabe als JSON.")


@click.command("accept")
@click.argument("source")
@click.option("--by", default="admin", show_default=True, help="Wer das entscheidet.")
@click.pass_obj
def accept_command(ctx: Context, source: str, by: str) -> None:
    """Nimmt den neuen Zustand einer verdächtigen Quelle als richtig an.

    Der nächste Lauf wird geglaubt, und was üblich ist, wird neu gelernt. Was in der Quellenliste
    steht (expect), gilt weiter.
    """
    from aggregator.clock import stamp
    from aggregator.store import expectations, state

    wanted = listed(ctx, source)
    db = ctx.db()
    try:
        expectations.check_declared(wanted, state.state_of(db, source).reason, str(ctx.sources))
        reason = expectations.accept(db, source, by, stamp(ctx.clock.now()))
    finally:
        db.close()
    note(f"{source}: angenommen ({reason}); geglaubt wird der nächste Lauf:"
         f" aggregator refresh {source}")  # fmt: skip


@click.command("snapshots")
@click.argument("source")
@click.argument("number", type=int, required=False)
@JSON
@click.pass_obj
def snapshots_command(ctx: Context, source: str, number: int | None, *, as_json: bool) -> None:
    """Zeigt, was eine Quelle sagte, als ihr nicht geglaubt wurde.

    Mit NUMBER den Abzug selbst, als Text.
    """
    from aggregator.store import snapshots

    listed(ctx, source)
    db = ctx.db(readonly=True)
    try:
        if number is not None:
            say(snapshots.text_of(db, source, number))
            return
        rows = snapshots.listed(db, source)
    finally:
        db.close()
    if as_json:
        for row in rows:
            emit(row)
    elif not rows:
        note(f"{source}: kein Abzug; zuletzt wurde alles geglaubt")
    else:
        head = ("NR.", "ZEIT", "GRUND", "STATUS", "BYTES", "ADRESSE")
        say(table([head, *((str(row["n"]), row["at"], row["reason"], str(row["status"]),
                            str(row["size"]), row["url"]) for row in rows)]))  # fmt: skip
