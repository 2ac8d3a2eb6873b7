"""The web application: a thin skin over what the store reads.

Every page is one document of data: a template shows it, `.json` returns it, lists also come as
`.csv` and `.atom`. A request opens one read-only connection and never crawls.
"""

from pathlib import Path

from flask import Flask, g
from werkzeug.middleware.proxy_fix import ProxyFix

from aggregator import clock as clocks
from web import answers, assets, errors, frame, language, security, words
from web.database import close_connection
from web.pages import about, items, links, overview, search, sources

BLUEPRINTS = (about.pages, items.pages, links.pages, overview.pages, search.pages, sources.pages)


def create_app(
    data: Path,
    *,
    clock: clocks.Clock | None = None,
    proxies: int = 0,
) -> Flask:
    """Build the application.

    Args:
        data: The folder with the database and, optionally, `pages/*.txt` with texts of one's own.
        clock: What time it is; the real one by default.
        proxies: How many reverse proxies stand before us; only then are their `X-Forwarded-*`
            headers believed (for, proto, host and prefix, so a sub-path works).
    """
    app = Flask(__name__)
    app.config.update(DATA=data, CLOCK=clock or clocks.from_environment())
    app.json.sort_keys = False  # type: ignore[attr-defined] # the default provider has it
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_value_preprocessor(_take_form)
    app.teardown_appcontext(close_connection)
    for part in (assets, language, words, answers, frame, security, errors):
        part.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign] # as Flask documents it
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies, x_prefix=proxies
        )
    return app


def _take_form(_endpoint: str | None, values: dict[str, str] | None) -> None:
    """Note in which form the page is wanted: html, json, csv or atom (see `answers.page`)."""
    g.form = (values or {}).pop("form", "html")
