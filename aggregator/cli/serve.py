"""`serve`: the web application, by waitress."""

import importlib
import logging
import signal
import socket
import sys
from types import FrameType
from typing import Any

import click

from aggregator.cli.common import Context, note
from aggregator.errors import ConfigError, StoreError

BACKLOG = 1024

# Bytes of a request's head. Longer ones get waitress's own short answer; up to here a query that is
# too long is refused by us, with what to do about it.
LONGEST_REQUEST = 1 << 22


@click.command("serve")
@click.option("--host", help="Adresse, an der gelauscht wird; sonst die Einstellung web_host.")
@click.option("--port", type=click.IntRange(0, 65535),
              help="Port, 0: ein freier; sonst die Einstellung web_port.")  # fmt: skip
@click.option("--proxies", type=click.IntRange(0, 5),
              help="Zahl der Reverse Proxies davor, deren X-Forwarded-* gilt; sonst die Einstellung"
                   " proxies.")  # fmt: skip
@click.option("--prefix", help="Unterpfad, unter dem alles liegt, etwa /querverweis; sonst die"
                               " Einstellung prefix.")  # fmt: skip
@click.pass_obj
def serve_command(
    ctx: Context, host: str | None, port: int | None, proxies: int | None, prefix: str | None
) -> int:
    """Startet die Webanwendung.

    Sie läuft bis Strg+C oder SIGTERM; begonnene Anfragen werden noch beantwortet.
    """
    from aggregator.config import load_settings

    settings = load_settings(ctx.data)
    return serve(
        ctx, settings.web_host if host is None else host,
        settings.web_port if port is None else port,
        proxies=settings.proxies if proxies is None else proxies,
        prefix=settings.prefix if prefix is None else prefix,
    )  # fmt: skip


def serve(ctx: Context, host: str, port: int, *, proxies: int = 0, prefix: str = "") -> int:
    """Serve until SIGTERM or SIGINT.

    Args:
        ctx: The data, the source list, the clock.
        host: Where to listen.
        port: Where to listen; 0 takes a free one, which the message names.
        proxies: How many reverse proxies stand before us, whose X-Forwarded-* is believed.
        prefix: Path under which everything lies, "" for the root.

    Raises:
        StoreError: The database cannot be opened, or the address is taken.
    """
    from aggregator import logs
    from aggregator.config import load_settings

    logs.set_up(load_settings(ctx.data).log_format)
    prepare(ctx)
    server: Any = bind(ctx, host, port, proxies=proxies, prefix=prefix)
    # As Ctrl+C does: waitress closes its socket, and its threads finish what they are at.
    signal.signal(signal.SIGTERM, _stop)
    note(f"Querverweis läuft unter {address(server, prefix)} (Ende: Strg+C oder SIGTERM)")
    server.run()
    server.close()
    note("Beendet.")
    return 0


def prepare(ctx: Context) -> None:
    """Create or migrate the database and mirror the source list, so that readers need no YAML.

    A mistake in the list is reported and does not keep the index from being read.
    """
    from aggregator.store import catalogue

    db = ctx.db()
    try:
        if ctx.sources.exists():
            catalogue.mirror(db, ctx.catalogue)
    except ConfigError as error:
        note(f"Die Quellenliste ist fehlerhaft, es gilt die zuletzt gelesene: {error}")
    finally:
        db.close()


def bind(ctx: Context, host: str, port: int, *, proxies: int, prefix: str) -> Any:
    """Take the address and return the server, ready to `run`.

    Raises:
        StoreError: The address is taken or not ours.
    """
    from waitress import server as waitress

    from aggregator.config import load_settings

    # The engine does not know the web; only this command does, and only when it is called.
    web = importlib.import_module("web")
    app = web.create_app(ctx.data, clock=ctx.clock, proxies=proxies, sources=ctx.sources)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a short queue is no trouble
    make: Any = waitress.create_server  # waitress has no types
    return make(
        app, sockets=[_listen(host, port)], threads=load_settings(ctx.data).web_threads,
        ident=None, url_prefix=prefix,
        max_request_header_size=LONGEST_REQUEST,
        clear_untrusted_proxy_headers=False,  # Flask's ProxyFix decides which count
    )  # fmt: skip


def _listen(host: str, port: int) -> socket.socket:
    """Bind the address; a failed attempt of waitress itself would leave its socket open."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise StoreError(
            f"die Adresse lässt sich nicht belegen: {error.strerror}", where=f"{host}:{port}",
            remedy="mit --port einen anderen Port wählen",
        ) from error  # fmt: skip


def address(server: Any, prefix: str = "") -> str:
    """Return the address under which a server answers people on this machine."""
    host = str(server.effective_host)
    shown = "localhost" if host in ("0.0.0.0", "::") else host  # noqa: S104 (compared, not bound)
    return f"http://{shown}:{server.effective_port}{prefix}/"


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
