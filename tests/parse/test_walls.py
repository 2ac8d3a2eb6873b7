"""Pages that say with status 200 that they are not there, and pages that only look like it."""

import pytest
from lxml import html

from aggregator.model import Code
from aggregator.parse.walls import wall

WHERE = "https://amt.example/seite"


def told(title: str, heading: str = "Amt") -> Code | None:
    root = html.fromstring(f"<html><head><title>{title}</title></head><body><h1>{heading}</h1>")
    problem = wall(root, title, "Kurz.", WHERE)
    return problem.code if problem else None


@pytest.mark.parametrize(
    ("title", "heading"),
    [
        ("404", "Amt"),
        ("404 Not Found", "Amt"),
        ("Fehler 404", "Amt"),
        ("Das Amt | 404", "Amt"),
        ("Das Amt", "404"),
        ("Das Amt", "Die Seite wurde nicht gefunden"),
    ],
)
def test_a_page_that_is_not_there_is_told(title: str, heading: str) -> None:
    assert told(title, heading) is Code.NOT_FOUND


@pytest.mark.parametrize(
    "title", ["Drucksache 404/24", "404/24: Beschluss des Bundesrates", "Haushaltsstelle 404 10"]
)
def test_a_number_is_no_missing_page(title: str) -> None:
    assert told(title) is None
