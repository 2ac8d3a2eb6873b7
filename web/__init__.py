"""The web application: a thin skin over what the store reads.

Every page is one document of data: a template shows it, `.json` returns it, lists also come as
`.csv` and `.atom`. A request opens one read-only connection and never crawls.
"""

from pathlib import Path

from flask import Flask, g
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from aggregator import clock as clocks
from aggregator.config import Settings, load_settings
from web import (
    access,
    answers,
    assets,
    errors,
    forms,
    frame,
    heat,
    language,
    memo,
    security,
    sign_in_service,
    words,
)
from web.database import close_connection
from web.hosts import HostCheck, names_of
from web.pages import (
    about,
    account,
    admin_edit,
    admin_list,
    admin_runs,
    admin_sources,
    changes,
    coverage,
    deciding,
    feedback,
    glossary,
    items,
    links,
    log,
    moderation,
    monitoring,
    overview,
    questions,
    reports,
    saved,
    search,
    service,
    sources,
    suggest,
)
from web.secret import secret_key

BLUEPRINTS = (
    about.pages,
    account.pages,
    admin_edit.pages,
    admin_list.pages,
    admin_runs.pages,
    admin_sources.pages,
    changes.pages,
    coverage.pages,
    deciding.pages,
    feedback.pages,
    glossary.pages,
    items.pages,
    links.pages,
    log.pages,
    moderation.pages,
    monitoring.pages,
    overview.pages,
    questions.pages,
    reports.pages,
    saved.pages,
    search.pages,
    service.pages,
    sources.pages,
    suggest.pages,
)


def create_app(
    data: Path,
    *,
    clock: clocks.Clock | None = None,
    proxies: int = 0,
    settings: Settings | None = None,
    sources: Path = Path("sources.yaml"),
) -> Flask:
    """Build the application.

    Args:
        data: The folder with the database and, optionally, `pages/*.txt` with texts of one's own.
        clock: What time it is; the real one by default.
        proxies: How many reverse proxies stand before us; only then are their `X-Forwarded-*`
            headers believed (for, proto, host and prefix, so a sub-path works).
        settings: Those of the installation; read from the data folder by default.
        sources: The source list, for those who edit it.

    Raises:
        ConfigError: The settings are wrong.
        LookupError: A view does not declare who may use it.
    """
    app = Flask(__name__)
    settings = settings or load_settings(data)
    app.config.update(
        DATA=data, CLOCK=clock or clocks.from_environment(), SETTINGS=settings,
        SECRET_KEY=secret_key(data, settings.secret_file), SOURCES=sources,
    )  # fmt: skip
    app.json.sort_keys = False  # type: ignore[attr-defined] # the default provider has it
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_map.converters["int"] = _StoredNumber
    app.url_value_preprocessor(_take_form)
    app.teardown_appcontext(close_connection)
    for part in (
        assets,
        language,
        words,
        answers,
        frame,
        forms,
        heat,
        memo,
        access,
        sign_in_service,
        security,
        errors,
    ):
        part.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    list(access.table(app))  # every view says who may use it
    app.wsgi_app = HostCheck(app.wsgi_app, names_of(settings.web_hosts))  # type: ignore[method-assign] # as Flask documents it
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign] # as Flask documents it
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies, x_prefix=proxies
        )
    return app


class _StoredNumber(IntegerConverter):
    """A number that the store can hold (64 bits); there is no page of a larger one."""

    regex = r"\d{1,18}"


def _take_form(_endpoint: str | None, values: dict[str, str] | None) -> None:
    """Note in which form the page is wanted: html, json, csv or atom (see `answers.page`)."""
    g.form = (values or {}).pop("form", "html")
