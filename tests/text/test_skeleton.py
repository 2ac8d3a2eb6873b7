"""The structure of a body, without a word of what it says."""

import pytest

from aggregator.text.skeleton import skeleton


def test_markup_keeps_elements_classes_and_addresses() -> None:
    told = skeleton(
        "<!doctype html><title>Geheim</title><div class='liste neu' data-x='Geheim' title='Geheim'>"
        "<a href='/a'>Geheim</a> Geheim<!-- Geheim --><img alt='Geheim' src='b.png'>"
        "<script>Geheim</script></div>"
    )
    assert '<div class="liste neu">' in told
    assert 'href="/a"' in told
    assert "Geheim" not in told


@pytest.mark.parametrize(
    "body",
    [
        "<?xml version='1.0'?><rss><channel><item><title>Geheim</title>"
        "<description><![CDATA[<p>Geheim</p>]]></description></item></channel></rss>",
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY g "Geheim">]><feed>&g;<entry>Geheim',
        '{"items": [{"title": "Geheim", "n": 1}, 2, 3, 4, "Geheim"], "next": null}',
        '{"items": [{"title": "Geheim"',
        "Geheim, ohne Markup",
        "",
        "[" * 100_000,
    ],
    ids=["feed", "entity", "json", "cut-json", "plain", "nothing", "deep"],
)
def test_no_word_stays(body: str) -> None:
    assert "Geheim" not in skeleton(body)


def test_json_keeps_names_and_the_length_of_lists() -> None:
    told = skeleton('{"items": [{"title": "Geheim", "n": 1}, 2, 3, 4], "next": null}')
    assert '"title": "…"' in told
    assert '"… 1"' in told
