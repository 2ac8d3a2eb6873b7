"""The item document and its page: every relation with its reason, nothing that is hidden."""

import pytest
from flask.testing import FlaskClient

from aggregator import store
from aggregator.errors import NotFoundError
from aggregator.links.authorities import official_url
from aggregator.store.reads_items import item_document
from tests.web.filling import COUNCIL, FORUM, MINISTRY, Filling, read

ITEM = [
    "id", "entry_id", "source", "platform", "title", "url", "kind", "key", "sources", "level",
    "published_at", "date_evidence", "updated_at", "first_seen_at", "last_changed_at", "language",
    "authors", "state", "licence", "policy",
]  # fmt: skip


def test_the_document_has_the_fields_of_the_contract(filling: Filling, client: FlaskClient) -> None:
    item = filling.item("Leitfaden")

    document = read(client, f"/items/{item}.json")

    assert list(document["item"]) == ITEM
    assert document["item"]["level"] == "bund"
    assert document["item"]["sources"] == ["ministerium-feed"]
    named = {"item", "links_out", "links_in", "same", "related", "references", "topics", "versions"}
    assert named <= set(document)


def test_show_and_page_tell_the_same(
    filling: Filling, client: FlaskClient, db: store.Connection
) -> None:
    item = filling.item("Leitfaden", path="leitfaden")

    told = read(client, f"/items/{item}.json")

    assert told == item_document(db, item)
    assert told == item_document(db, "https://ministerium.example/leitfaden")
    assert told == item_document(db, "ministerium-feed:urn:ministerium:1")


def test_a_link_is_shown_from_both_ends_with_its_sentence(
    filling: Filling, client: FlaskClient
) -> None:
    question = filling.item("Frage aus dem Rathaus", FORUM)
    answer = filling.item("Leitfaden")
    filling.link(question, answer, "Dazu gibt es den Leitfaden des Bundes.", anchor="Leitfaden")

    out = read(client, f"/items/{question}.json")["links_out"]
    back = read(client, f"/items/{answer}.json")["links_in"]
    page = client.get(f"/items/{answer}").text

    assert [(row["item"]["id"], row["status"]) for row in out] == [(answer, "live")]
    assert back[0]["item"]["id"] == question
    assert back[0]["kind"] == "explicit"
    assert back[0]["sentence"] == "Dazu gibt es den Leitfaden des Bundes."
    assert "Dazu gibt es den <mark>Leitfaden</mark> des Bundes." in page


def test_several_links_of_one_item_are_one_row_of_the_page(
    filling: Filling, client: FlaskClient
) -> None:
    question, answer = filling.item("Frage", FORUM), filling.item("Leitfaden")
    filling.link(question, answer, "", anchor="hier", prose=0)
    filling.link(question, answer, "Siehe den Leitfaden.", anchor="Leitfaden")

    told = read(client, f"/items/{answer}.json")["links_in"]
    page = client.get(f"/items/{answer}").text

    assert len(told) == 2
    assert page.count(f'href="/items/{question}"') == 1
    assert "Siehe den <mark>Leitfaden</mark>." in page


def test_an_address_outside_of_the_index_stays_a_link(
    filling: Filling, client: FlaskClient
) -> None:
    item = filling.item("Leitfaden")
    filling.link(item, None, "Mehr im Portal.", url="https://portal.example/x", anchor="Portal")

    row = read(client, f"/items/{item}.json")["links_out"][0]

    assert (row["item"], row["status"]) == (None, "external")
    assert (
        'href="https://portal.example/x" rel="external noreferrer"'
        in client.get(f"/items/{item}").text
    )


def test_who_cites_an_items_number_is_linked_to_it(filling: Filling, client: FlaskClient) -> None:
    decision = filling.item("Beschluss 2018/36", COUNCIL)
    post = filling.item("Umsetzung", FORUM)
    filling.identifier(decision, "itplr", "itplr:2018/36")
    filling.reference(
        post, "itplr", "itplr:2018/36", "Beschluss 2018/36", "Es gilt Beschluss 2018/36."
    )

    cited = read(client, f"/items/{post}.json")["references"][0]
    back = read(client, f"/items/{decision}.json")["links_in"]

    assert cited["item"]["id"] == decision
    assert [(row["item"]["id"], row["kind"]) for row in back] == [(post, "reference")]


def test_same_content_is_told_in_time_with_what_differs(
    filling: Filling, client: FlaskClient
) -> None:
    first = filling.item("Zuerst", at="2026-11-20T08:00:00Z")
    later = filling.item("Danach", FORUM, at="2026-11-21T08:00:00Z")
    filling.same(first, later, similarity=940)

    told = read(client, f"/items/{later}.json")["same"]
    page = client.get(f"/items/{later}").text

    assert told[0]["similarity"] == 0.94
    assert told[0]["differs"] == ["Titel"]
    assert page.index("Zuerst erschienen.") < page.index("Dieser Eintrag.")
    assert "Text zu 94 % gleich." in page


def test_a_newer_version_elsewhere_is_named_with_what_differs(
    filling: Filling, client: FlaskClient
) -> None:
    old, new, third = (
        filling.item(f"Leitfaden Wohngeld, Version {n}", home, text=f"Das Amt hilft {words}.")
        for n, home, words in (
            (1, MINISTRY, "immer gern"), (2, FORUM, "jetzt gern"), (3, COUNCIL, "jederzeit gern")
        )
    )  # fmt: skip
    for one, other in ((old, new), (old, third), (new, third)):
        filling.same(one, other)

    told = read(client, f"/items/{old}.json")
    why = read(client, f"/items/{old}/why/{third}.json")

    assert told["newer"]["item"]["id"] == third
    assert {row["edition"]["order"] for row in told["same"]} == {"newer"}
    assert read(client, f"/items/{third}.json")["newer"] is None
    assert "Eine neuere Fassung gibt es bei Rat der Länder:" in client.get(f"/items/{old}").text
    assert why["edition"] == {"order": "newer", "because": "Version 3 statt 1"}
    [passage] = why["diff"]
    assert [piece["text"].strip() for piece in passage if piece["kind"] == "added"] == ["jederzeit"]
    page = client.get(f"/items/{old}/why/{third}").text
    assert "<del>" in page
    assert "jederzeit</ins>" in page


def test_a_newer_version_that_is_gone_is_not_pointed_to(
    filling: Filling, client: FlaskClient
) -> None:
    old, new = (
        filling.item(f"Muster, Version {n}", home) for n, home in ((1, MINISTRY), (2, FORUM))
    )
    filling.same(old, new)
    filling.db.execute("UPDATE item SET state = 'gone' WHERE id = ?", (new,))

    assert read(client, f"/items/{old}.json")["newer"] is None


def test_no_difference_is_told_of_texts_that_may_not_be_shown(
    filling: Filling, client: FlaskClient
) -> None:
    one, other = filling.item("Eins"), filling.item("Zwei", FORUM)
    assert read(client, f"/items/{one}/why/{other}.json")["diff"] is None
    filling.same(one, other)
    assert read(client, f"/items/{one}/why/{other}.json")["diff"] == []
    filling.db.execute("UPDATE item SET policy = 'excerpt', text = '' WHERE id = ?", (other,))
    assert read(client, f"/items/{one}/why/{other}.json")["diff"] is None


def test_related_shows_reasons_and_keeps_half_for_other_platforms(
    filling: Filling, client: FlaskClient
) -> None:
    item = filling.item("Leitfaden")
    filling.words(item, "Melderegister")
    for n in range(10):
        near = filling.item(f"Eigenes {n}")
        filling.words(near, "Melderegister")
        filling.related(item, near, 0.9)
    for n in range(6):
        far = filling.item(f"Fremdes {n}", FORUM)
        filling.words(far, "Melderegister")
        filling.related(item, far, 0.3)

    told = read(client, f"/items/{item}.json")["related"]

    assert len(told) == 10
    assert [row["item"]["platform"] for row in told].count("forum") == 5
    assert [row["score"] for row in told] == sorted((r["score"] for r in told), reverse=True)
    assert {"kind": "term", "label": "Melderegister", "weight": 1.0} in told[0]["because"]
    assert "<b>Melderegister</b>" in client.get(f"/items/{item}").text


def test_candidates_below_the_cut_are_in_the_document_but_not_on_the_page(
    filling: Filling, client: FlaskClient
) -> None:
    item, weak = filling.item("Leitfaden"), filling.item("Fernes", FORUM)
    filling.words(item, "Melderegister")
    filling.words(weak, "Melderegister")
    filling.related(item, weak, 0.1)

    told = read(client, f"/items/{item}.json")["related"]

    assert [(row["item"]["id"], row["shown"]) for row in told] == [(weak, False)]
    assert "Fernes" not in client.get(f"/items/{item}").text


def test_same_content_is_not_repeated_among_related(filling: Filling, client: FlaskClient) -> None:
    one, twin = filling.item("Leitfaden"), filling.item("Leitfaden, noch einmal", FORUM)
    filling.words(one, "Register")
    filling.words(twin, "Register")
    filling.same(one, twin)
    filling.related(one, twin, 0.99)

    told = read(client, f"/items/{one}.json")["related"]
    page = client.get(f"/items/{one}").text
    assert [(row["item"]["id"], row["same"]) for row in told] == [(twin, True)]
    assert 'id="gleich"' in page
    assert 'id="verwandt"' not in page


@pytest.mark.parametrize("section", ["links_out", "links_in", "same", "related"])
def test_hidden_items_are_in_no_relation(
    filling: Filling, client: FlaskClient, section: str
) -> None:
    item, hidden = filling.item("Leitfaden"), filling.item("Verborgen", FORUM)
    filling.words(item, "Register")
    filling.words(hidden, "Register")
    filling.link(item, hidden, "Siehe dort.")
    filling.link(hidden, item, "Siehe hier.")
    filling.same(item, hidden)
    filling.related(item, hidden)
    filling.hide(hidden)

    told = read(client, f"/items/{item}.json")[section]

    assert [row["item"] for row in told if row["item"]] == []
    assert client.get(f"/items/{hidden}").status_code == 404


def test_a_merged_item_answers_301_to_its_survivor_in_every_form(
    filling: Filling, client: FlaskClient
) -> None:
    old, new = filling.item("Alt"), filling.item("Neu")
    filling.merge(new, into=old)

    for form in ("", ".json"):
        answer = client.get(f"/items/{new}{form}")
        assert (answer.status_code, answer.location) == (301, f"/items/{old}{form}")


def test_links_to_a_merged_item_lead_to_its_survivor(filling: Filling, client: FlaskClient) -> None:
    old, new, post = filling.item("Alt"), filling.item("Neu"), filling.item("Beitrag", FORUM)
    filling.link(post, new, "Siehe dort.")
    filling.merge(new, into=old)

    row = read(client, f"/items/{post}.json")["links_out"][0]

    assert row["item"]["id"] == old


def test_lookup_knows_former_hosts_and_ignores_trackers(
    filling: Filling, client: FlaskClient
) -> None:
    item = filling.item("Leitfaden", path="leitfaden")

    for url in (
        "https://ministerium.example/leitfaden?utm_source=x",
        "http://www.alt-ministerium.example/leitfaden",
    ):
        told = read(client, "/lookup.json", query_string={"url": url})
        assert told["item"]["id"] == item
    assert (
        "Leitfaden"
        in client.get("/lookup", query_string={"url": "https://ministerium.example/leitfaden"}).text
    )


def test_lookup_of_an_unknown_address_names_what_is_beside_it(
    filling: Filling, client: FlaskClient
) -> None:
    item = filling.item("Leitfaden", path="themen/leitfaden")

    answer = client.get(
        "/lookup.json", query_string={"url": "https://ministerium.example/themen/anders"}
    )

    assert answer.status_code == 404
    assert answer.get_json()["error"]["code"] == "not_found"
    assert [row["id"] for row in answer.get_json()["nearest"]] == [item]


def test_a_question_shows_the_answer_that_was_accepted(
    filling: Filling, client: FlaskClient
) -> None:
    from aggregator.model import Part

    item = filling.item("Wer zahlt?", FORUM, parts=(
        Part(role="question", text="Wer zahlt?"),
        Part(role="accepted", text="Das Land zahlt.", at="2026-11-21T08:00:00Z"),
    ))  # fmt: skip

    assert read(client, f"/items/{item}.json")["answer"]["text"] == "Das Land zahlt."
    assert "Das Land zahlt." in client.get(f"/items/{item}").text


def test_an_undated_item_is_labelled_so(filling: Filling, client: FlaskClient) -> None:
    item = filling.item("Ohne Datum", at=None)

    assert "ohne Datum, zuletzt geändert 24. November 2026" in client.get(f"/items/{item}").text


def test_the_way_back_keeps_the_search_and_nothing_else(
    filling: Filling, client: FlaskClient
) -> None:
    item = filling.item("Leitfaden")

    page = client.get(f"/items/{item}", query_string={"from": "q=register&level=bund"}).text
    hostile = client.get(f"/items/{item}", query_string={"from": "//evil.example/"}).text

    assert 'href="/search?q=register&amp;level=bund"' in page
    assert 'href="//evil.example' not in hostile


def test_markup_in_titles_and_sentences_stays_text(filling: Filling, client: FlaskClient) -> None:
    post, item = filling.item("<script>alert(1)</script>", FORUM), filling.item("Leitfaden")
    filling.link(post, item, "<img src=x onerror=alert(1)> Leitfaden", anchor="<img src=x")

    page = client.get(f"/items/{item}").text

    assert "<script>alert" not in page
    assert "<img" not in page


def test_resolving_names_the_place_of_what_is_missing(db: store.Connection) -> None:
    with pytest.raises(NotFoundError) as caught:
        item_document(db, "abcdefghijkl")

    assert caught.value.where == "abcdefghijkl"


@pytest.mark.parametrize(
    ("kind", "key", "url"),
    [
        ("drs", "bt:19/27426", "https://dserver.bundestag.de/btd/19/274/1927426.pdf"),
        ("drs", "bt:20/394", "https://dserver.bundestag.de/btd/20/003/2000394.pdf"),
        ("bgbl", "bgbl-1/2024/245", "https://www.recht.bund.de/bgbl/1/2024/245/VO.html"),
        ("drs", "nw:17/10613", None),
        ("law", "GO NRW § 7", None),
    ],
)
def test_official_addresses_follow_from_the_key(kind: str, key: str, url: str | None) -> None:
    assert official_url(kind, key) == url


def test_the_platform_of_an_item_may_have_left_the_list(
    filling: Filling, client: FlaskClient, db: store.Connection
) -> None:
    item = filling.item("Verwaist", MINISTRY)
    db.execute("DELETE FROM platform WHERE id = 'ministerium'")

    assert read(client, f"/items/{item}.json")["item"]["level"] is None
    assert client.get(f"/items/{item}").status_code == 200


def test_a_mistyped_id_names_those_that_begin_alike(filling: Filling, client: FlaskClient) -> None:
    item = filling.item("Leitfaden")

    answer = client.get(f"/items/{item[:8]}aaaa.json")

    assert answer.status_code == 404
    assert [row["id"] for row in answer.get_json()["nearest"]] == [item]
    assert "Leitfaden" in client.get(f"/items/{item[:8]}").text


def test_what_is_beside_an_address_is_looked_for_one_folder_up(
    filling: Filling, client: FlaskClient
) -> None:
    item = filling.item("Leitfaden", path="themen/leitfaden")

    def nearest(path: str) -> list[str]:
        told = read(client, "/lookup.json", query_string={"url": MINISTRY.url + path})
        return [row["id"] for row in told["nearest"]]

    assert nearest("themen/register/neu") == [item]
    assert nearest("ganz/woanders") == []


def test_an_address_of_a_page_id_that_was_never_seen_is_found_by_the_id(
    filling: Filling, client: FlaskClient
) -> None:
    item = filling.item("Kapitel", path="pages/viewpage.action?pageId=79430869")

    url = MINISTRY.url + "spaces/OZG/pages/79430869/Kapitel"
    told = read(client, "/lookup.json", query_string={"url": url})

    assert told["item"]["id"] == item


def test_an_item_whose_links_are_still_to_come_says_so(
    filling: Filling, client: FlaskClient, db: store.Connection
) -> None:
    item = filling.item("Leitfaden")
    db.execute("DELETE FROM changes")
    assert read(client, f"/items/{item}.json")["linked"] is True
    pk = db.execute("SELECT pk FROM item WHERE id = ?", (item,)).fetchone()["pk"]
    store.changes.enqueue(db, pk)

    assert read(client, f"/items/{item}.json")["linked"] is False
    assert "seine Querverweise werden noch ermittelt" in client.get(f"/items/{item}").text
    assert "noch nichts gefunden" not in client.get(f"/items/{item}").text


# --- is it still there -----------------------------------------------------------------------


def looked_at(filling: Filling, url: str, state: str, moved_to: str | None = None) -> None:
    """Let an outside address have been looked at."""
    filling.db.execute(
        "INSERT INTO outside (canonical, url, host, state, moved_to, checked_at, due_at)"
        " VALUES (?1, ?1, 'fremd.example', ?2, ?3, '2026-11-23T08:00:00Z', '2026-12-23T08:00:00Z')",
        (url, state, moved_to),
    )


@pytest.mark.parametrize(
    ("health", "status"),
    [("dead", "dead"), ("moved", "moved"), ("alive", "external"), ("unknown", "external")],
)
def test_an_outside_link_tells_what_became_of_it(
    filling: Filling, client: FlaskClient, health: str, status: str
) -> None:
    item = filling.item("Leitfaden")
    filling.link(item, None, url="https://fremd.example/x")
    looked_at(filling, "https://fremd.example/x", health)

    row = read(client, f"/items/{item}.json")["links_out"][0]

    assert (row["status"], row["checked_at"]) == (status, "2026-11-23T08:00:00Z")
    assert ("Nicht mehr erreichbar" in client.get(f"/items/{item}").text) == (health == "dead")


def test_what_is_gone_has_its_likely_successors(filling: Filling, client: FlaskClient) -> None:
    item, moved = filling.item("Leitfaden", path="quelle"), filling.item("Ziel", path="neu")
    titled = filling.item("Handbuch der Verwaltung", FORUM)
    gone, copy = filling.item("Verschwundene Seite"), filling.item("Andere Überschrift", FORUM)
    filling.same(gone, copy)
    filling.db.execute("UPDATE item SET state = 'vanished' WHERE id = ?", (gone,))
    filling.link(item, None, url="https://fremd.example/1", anchor="mehr")
    looked_at(filling, "https://fremd.example/1", "moved", "https://ministerium.example/neu")
    filling.link(item, None, url="https://fremd.example/2", anchor="Handbuch der Verwaltung")
    looked_at(filling, "https://fremd.example/2", "dead")
    filling.link(item, gone, url="https://ministerium.example/weg")
    filling.link(item, None, url="https://fremd.example/3", anchor="Handbuch der Verwaltung")

    rows = read(client, f"/items/{item}.json")["links_out"]

    assert [[(s["item"]["id"], s["because"]) for s in row["successors"]] for row in rows] == [
        [(moved, "moved")], [(titled, "title")], [(copy, "same")], []
    ]  # fmt: skip
    page = client.get(f"/items/{item}").text
    assert "Gleicher Inhalt: " in page
    assert f'href="/items/{titled}"' in page


def test_a_moved_page_outside_of_the_index_is_named(filling: Filling, client: FlaskClient) -> None:
    item = filling.item("Leitfaden")
    filling.link(item, None, url="https://fremd.example/1")
    looked_at(filling, "https://fremd.example/1", "moved", "https://fremd.example/neu")

    row = read(client, f"/items/{item}.json")["links_out"][0]

    assert (row["moved_to"], row["successors"]) == ("https://fremd.example/neu", [])
    assert 'href="https://fremd.example/neu"' in client.get(f"/items/{item}").text
