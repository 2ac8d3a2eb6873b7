"""What monitors ask beside `/health.json`: is the process there, how much is there of what."""

from collections.abc import Iterable
from pathlib import Path

from flask import Blueprint, Response, current_app

from aggregator.store import reads_metrics
from aggregator.store.reads_metrics import Metric
from web import access
from web.access import Need, needs
from web.answers import as_json
from web.database import DATABASE, database, now

pages = Blueprint("monitoring", __name__)
PREFIX = "querverweis_"
EXPOSITION = "text/plain; version=0.0.4"  # of Prometheus


@pages.get("/health/live.json", defaults={"form": "json"})
@needs(Need.NOTHING)
def live() -> Response:
    """Answer 200 as long as the process answers at all; looks at nothing else."""
    return as_json({"status": "ok", "live": True})


@pages.get("/metrics", defaults={"form": "text"})
@needs(Need.NOTHING)
def metrics() -> Response:
    """Return counts in Prometheus' text format; an index that is closed names no source."""
    file: Path = current_app.config["DATA"] / DATABASE
    told = reads_metrics.metrics(database(), file, now(), named=not access.is_closed())
    response = Response(exposition(told), content_type=f"{EXPOSITION}; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def exposition(metrics: Iterable[Metric]) -> str:
    """Write metrics in Prometheus' text format, version 0.0.4."""
    lines = []
    for metric in metrics:
        name = PREFIX + metric.name
        lines += [f"# HELP {name} {_escaped(metric.about)}", f"# TYPE {name} {metric.kind}"]
        for labels, value in metric.samples:
            told = ",".join(f'{key}="{_escaped(said)}"' for key, said in labels.items())
            lines.append(f"{name}{f'{{{told}}}' if told else ''} {value:.17g}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
