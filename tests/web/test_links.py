"""The matrix, the links behind its numbers, and references."""

from flask.testing import FlaskClient

from tests.web.filling import COUNCIL, FORUM, Filling, read


def test_every_number_of_the_matrix_is_as_many_links(filling: Filling, client: FlaskClient) -> None:
    guide = filling.item("Leitfaden")
    for n in range(3):
        post = filling.item(f"Beitrag {n}", FORUM)
        filling.link(post, guide, f"Satz {n}.")
        filling.link(post, guide, "Noch einmal.")
    filling.link(guide, filling.item("Eigenes"))

    told = read(client, "/matrix.json")
    cell = told["cells"][0]
    behind = read(client, cell["url"] + ".json")

    assert told["total"] == 3
    assert (cell["from_platform"], cell["to_platform"]) == ("forum", "ministerium")
    assert cell["links"] == 3
    assert behind["total"] == len(behind["links"]) == 3
    assert {row["sentence"] for row in behind["links"]} == {"Satz 0.", "Satz 1.", "Satz 2."}


def test_the_matrix_shows_numbers_zeros_and_sums(filling: Filling, client: FlaskClient) -> None:
    guide, post = filling.item("Leitfaden"), filling.item("Beitrag", FORUM)
    filling.link(post, guide)

    page = client.get("/matrix").text

    assert '<td class="h1"><a href="/matrix/forum/ministerium">1</a></td>' in page
    assert '<td class="h0"><span>0</span></td>' in page
    assert "1 Link zwischen Plattformen" in page


def test_hidden_items_count_in_no_cell(filling: Filling, client: FlaskClient) -> None:
    guide, post = filling.item("Leitfaden"), filling.item("Beitrag", FORUM)
    filling.link(post, guide)
    filling.hide(post)

    assert read(client, "/matrix.json")["total"] == 0


def test_pages_of_links_go_on(filling: Filling, client: FlaskClient) -> None:
    guide = filling.item("Leitfaden")
    for n in range(3):
        filling.link(filling.item(f"Beitrag {n}", FORUM), guide)

    first = client.get("/matrix/forum/ministerium?limit=2").text
    second = read(client, "/matrix/forum/ministerium.json?limit=2&page=2")

    assert 'href="/matrix/forum/ministerium?limit=2&amp;page=2" rel="next"' in first
    assert len(second["links"]) == 1


def test_a_reference_leads_to_its_owner_and_to_who_cites_it(
    filling: Filling, client: FlaskClient
) -> None:
    decision, post = filling.item("Beschluss", COUNCIL), filling.item("Beitrag", FORUM)
    filling.identifier(decision, "itplr", "itplr:2018/36")
    filling.reference(
        post, "itplr", "itplr:2018/36", "Beschluss 2018/36", "Es gilt der Beschluss 2018/36."
    )

    told = read(client, "/references/itplr/itplr:2018/36.json")
    page = client.get("/references/itplr/itplr:2018/36").text

    assert told["total"] == 1
    assert [item["id"] for item in told["owners"]] == [decision]
    assert [row["item"]["id"] for row in told["cited_by"]] == [post]
    assert "Es gilt der <mark>Beschluss 2018/36</mark>." in page


def test_the_beginning_of_a_leika_key_gathers_all_that_begin_so(
    filling: Filling, client: FlaskClient
) -> None:
    one, other, third = (filling.item(name) for name in ("Änderung", "Bewilligung", "Anderes"))
    filling.reference(one, "leika", "99107023011000", "99107023011000")
    filling.reference(other, "leika", "99107023017000", "99107023017000")
    filling.reference(third, "leika", "99108001001000", "99108001001000")
    service = filling.item("Wohngeld", COUNCIL)
    filling.identifier(service, "leika", "99107023011000")

    told = read(client, "/references/leika/99107023.json")
    exact = read(client, "/references/leika/99107023011000.json")

    assert {row["item"]["id"] for row in told["cited_by"]} == {one, other}
    assert [item["id"] for item in told["owners"]] == [service]
    assert told["keys"] == [
        {"key": "99107023011000", "total": 2}, {"key": "99107023017000", "total": 1},
    ]  # fmt: skip
    assert exact["total"] == 1
    assert exact["keys"] == []
    assert exact["wider"] == [{"key": "99107023", "keys": 2}]
    assert (
        'href="/references/leika/99107023"' in client.get("/references/leika/99107023011000").text
    )
    assert client.get("/references/leika/9910702399.json").status_code == 404


def test_the_item_page_counts_who_else_cites_its_references(
    filling: Filling, client: FlaskClient
) -> None:
    one, other = filling.item("Eins"), filling.item("Zwei", FORUM)
    for item in (one, other):
        filling.reference(item, "law", "OZG § 1a", "§ 1a OZG")

    page = client.get(f"/items/{one}").text

    assert '/references/law/OZG%20§%201a"' in page or "/references/law/OZG%20%C2%A7%201a" in page
    assert "(2)" in page
    assert read(client, "/references/law/OZG § 1a.json")["total"] == 2


def test_an_uncited_reference_is_404(filling: Filling, client: FlaskClient) -> None:
    assert filling.rows == {}
    assert client.get("/references/law/BGB § 9999.json").status_code == 404
