"""Which of two items of the same content is the newer state, and where the official text stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.closed_sets import ItemKind
from aggregator.links.authorities import official_url
from aggregator.links.editions import Edition, Order, Placed, place
from aggregator.links.same import MIRRORED

CHANGED = ("Datum", "3 Sätze mehr")


def order(
    one: str, other: str, *, days: tuple[str | None, str | None] = (None, None),
    kind: ItemKind = ItemKind.DOCUMENT, relation: str = "copy", differs: tuple[str, ...] = CHANGED,
) -> Placed | None:  # fmt: skip
    mine, theirs = (
        Edition(title=title, kind=kind, published_at=day)
        for title, day in zip((one, other), days, strict=True)
    )
    return place(mine, theirs, relation=relation, differs=differs)


STATED = [
    ("Leitfaden Wohngeld, Version 1.0", "Leitfaden Wohngeld, Version 2.1",
     "newer", "Version 2.1 statt 1"),
    ("Leitfaden_Wohngeld_v2.pdf", "Leitfaden Wohngeld v10.docx", "newer", "Version 10 statt 2"),
    ("Handbuch Register (3. Auflage)", "Handbuch Register (2. Auflage)",
     "older", "Version 2 statt 3"),
    ("Muster, Stand: 12.03.2024", "Muster, Stand: Mai 2024", "newer", "Stand 05.2024 statt"),
    ("Muster, Stand 2024-05-02", "Muster (Stand 03/2023)", "older", "Stand 03.2023 statt"),
    ("Muster (Fassung vom 1. Juni 2024)", "Muster, Stand: Dezember 2024", "newer", "Stand 12.2024"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "which", "because"), STATED)
def test_titles_say_which_state_is_newer(one: str, other: str, which: str, because: str) -> None:
    found = order(one, other, kind=ItemKind.NEWS, days=("2026-05-05", "2025-01-01"))
    assert found is not None
    assert found.order == which
    assert found.because.startswith(because)


@pytest.mark.parametrize(("one", "other"), [
    ("Leitfaden Wohngeld, Version 2", "Leitfaden Wohngeld, Version 2.0"),
    ("Leitfaden Wohngeld, Version 2", "Leitfaden Elterngeld, Version 3 (Entwurf)"),
    ("Jahresbericht 2022", "Jahresbericht 2023"),
    ("Muster, Stand: 2024", "Muster, Stand: März 2024"),
    ("Leitfaden Wohngeld, Version 2", "Leitfaden Wohngeld"),
    ("Leitfaden Wohngeld", "Leitfaden Wohngeld"),
])  # fmt: skip
def test_titles_that_tell_no_order_make_none(one: str, other: str) -> None:
    assert order(one, other, relation="overlap") is None


def test_the_later_day_is_newer_for_documents_whose_text_changed() -> None:
    days = ("2024-03-01", "2025-04-02T08:00:00Z")
    found = order("Leitfaden", "Leitfaden (neu)", days=days)
    assert found == Placed(
        order=Order.NEWER,
        because="veröffentlicht am 02.04.2025 statt am 01.03.2024, mit anderem Text",
    )
    assert order("Leitfaden", "Leitfaden", days=days, differs=("Titel", "Datum")) is None
    assert order("Leitfaden", "Leitfaden", days=days, kind=ItemKind.PRESS_RELEASE) is None
    assert order("Leitfaden", "Leitfaden", days=(None, "2025-04-02")) is None
    assert order("Bericht 2022", "Bericht 2023", days=days) is None
    assert order("Wohngeld im Land", "Antrag am Ort", days=days, relation="overlap") is None


TITLES = st.sampled_from(
    [title for row in STATED for title in row[:2]] + ["Muster", "Bericht 2023"]
)
DAYS = st.sampled_from([None, "2024-03-01", "2024-03-01T10:00:00Z", "2025-12-31"])


@given(
    TITLES, TITLES, st.tuples(DAYS, DAYS), st.sampled_from(ItemKind), st.sampled_from([*MIRRORED])
)
def test_swapping_two_items_swaps_their_order(
    one: str, other: str, days: tuple[str | None, str | None], kind: ItemKind, relation: str
) -> None:
    there = order(one, other, days=days, kind=kind, relation=relation)
    back = order(other, one, days=(days[1], days[0]), kind=kind, relation=MIRRORED[relation])
    assert (there and there.order) != (back and back.order) or there is back is None
    assert (there is None) is (back is None)
    assert order(one, one, days=(days[0], days[0]), kind=kind, relation=relation) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_title_can_be_read(one: str, other: str) -> None:
    order(one, other, days=("2024-03-01", "2025-03-01"))


@pytest.mark.parametrize(("kind", "key", "url"), [
    ("law", "OZG § 1a", "https://www.gesetze-im-internet.de/ozg/__1a.html"),
    ("law", "GG Art. 91c", "https://www.gesetze-im-internet.de/gg/art_91c.html"),
    ("law", "SGB VIII § 8a", "https://www.gesetze-im-internet.de/sgb_8/__8a.html"),
    ("law", "EGovG NRW § 3", None),
    ("law", "BayVwVfG § 3", None),
    ("law", "DSGVO Art. 6", "https://eur-lex.europa.eu/eli/reg/2016/679/oj"),
    ("eu", "(EU) 910/2014", "https://eur-lex.europa.eu/eli/reg/2014/910/oj"),
    ("eu", "(EU) 2099/1", None),
    ("xoev", "urn:xoev-de:fim:standard:xzufi",
     "https://www.xrepository.de/details/urn:xoev-de:fim:standard:xzufi"),
    ("ecli", "ECLI:DE:LGHH:2024:0927.310O227.23.00",
     "https://e-justice.europa.eu/ecli/ECLI:DE:LGHH:2024:0927.310O227.23.00"),
    ("ecli", "ECLI:DE:../x", None),
    ("leika", "99107023011000", None),
])  # fmt: skip
def test_official_addresses_follow_from_the_key(kind: str, key: str, url: str | None) -> None:
    assert official_url(kind, key) == url
