"""Questions of all platforms: which are answered, which are open, by topic."""

from flask import Blueprint, Response, request

from aggregator.store import reads_questions
from web import parameters
from web.answers import answer, here, page
from web.entries import as_entries
from web.frame import frame
from web.language import known, t
from web.memo import counted
from web.words import label_of, topic_name

pages = Blueprint("questions", __name__)
STATES = ("", "open", "accepted", "answered")


@page(pages, "/questions", "csv", "atom")
def questions() -> Response:
    """List questions, newest first, by how far they got, by topic and by platform."""
    state = parameters.choice("state", *STATES)
    topic, platform = request.args.get("topic", ""), request.args.get("platform", "")
    limit, number = parameters.limit(), parameters.page()
    document = dict(counted(
        ("questions", state, topic, platform, limit, number),
        lambda db: reads_questions.questions(
            db, state=state, topic=topic, platform=platform, limit=limit, page=number
        ),
    ))  # fmt: skip
    more = limit * number < document["total"] and number < parameters.LAST_PAGE
    document["next"] = here("json", page=number + 1) if more else None
    rows = document["questions"]
    return answer(
        "questions.html", document, title=t("questions.title"),
        rows=[row["item"] | {"question_state": row["state"], "replies": row["replies"]}
              for row in rows],
        entries=as_entries([row["item"] for row in rows]),
        next_page=here(page=number + 1) if more else None,
        previous_page=here(page=number - 1) if number > 1 else None,
        switches=[(known(f"question.{name}", t("questions.all")), here(state=name, page=None),
                   name == state, document["counts"].get(name)) for name in STATES],
        topics_linked=[(topic_name(row["topic"]), here(topic=row["topic"], page=None), row["count"])
                       for row in document["topics"]],
        filters=_filters({"topic": topic, "platform": platform}),
    )  # fmt: skip


def _filters(chosen: dict[str, str]) -> list[dict[str, object]]:
    """Return the filters in force, each with the address without it."""
    names = frame()["names"]
    return [
        {"label": label_of(name, value, names), "url": here(**{name: None, "page": None})}
        for name, value in chosen.items()
        if value
    ]
