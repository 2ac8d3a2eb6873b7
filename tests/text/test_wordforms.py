"""The table of word forms on disk."""

import subprocess
import sys
from pathlib import Path

import pytest

from aggregator.text.wordforms import WordForms

SOME = {
    "Steuer": "Steuer", "Steuern": "Steuer", "Grund": "Grund", "Grundsteuer": "Grundsteuer",
    "Hund": "Hund", "Hunde": "Hund", "Hundesteuer": "Hundesteuer", "Rat": "Rat", "Räte": "Rat",
    "teuer": "teuer",
    "prüfen": "prüfen", "geprüft": "prüfen", "Stadt": "Stadt", "Stadtrat": "Stadtrat",
    "abc-def": "abc-def",
}  # fmt: skip


def test_families_count_what_words_are_built_with() -> None:
    forms = WordForms.of(SOME)

    assert forms.modifiers("grund") == 1
    assert forms.modifiers("hunde") == 1
    assert forms.modifiers("grunds") == 0
    assert forms.heads("steuer") == 2
    assert forms.heads("steuern") == 2, "an inflected form has the family of its lemma"
    assert forms.heads("unbekannt") == 0


def test_lemmas_are_folded_and_unknown_words_have_none() -> None:
    forms = WordForms.of(SOME)

    assert forms.lemma("raete") == "rat"
    assert forms.lemma("geprueft") == "pruefen"
    assert forms.lemma("unbekannt") is None
    assert "abc-def" not in forms


def test_lemmas_that_go_in_a_circle_come_to_one_end() -> None:
    forms = WordForms.of({"eins": "zwei", "zwei": "drei", "drei": "eins", "vier": "drei"})

    assert {forms.lemma(word) for word in ("eins", "zwei", "drei", "vier")} == {"drei"}


def test_every_lemma_of_the_dictionary_is_its_own(forms: WordForms) -> None:
    for word in ("raete", "geprueft", "behoerden", "museen", "verwaltungsverfahren"):
        lemma = forms.lemma(word)
        assert lemma is not None
        assert forms.lemma(lemma) == lemma


def test_reading_the_table_does_not_load_the_dictionary(
    forms: WordForms, request: pytest.FixtureRequest
) -> None:
    assert len(forms) > 500_000
    folder = str(request.config.cache.mkdir("wordforms"))
    code = (
        "import sys; from pathlib import Path; from aggregator.text.wordforms import WordForms\n"
        f"WordForms.open(Path({folder!r})); sys.exit('simplemma' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_failed_build_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(OSError, match="Wortformen"):
        WordForms.open(tmp_path / "cache")

    assert list((tmp_path / "cache").iterdir()) == []


def test_the_loser_of_a_race_takes_the_table_of_the_winner(
    forms: WordForms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    ready = next(Path(str(request.config.cache.mkdir("wordforms"))).glob("wordforms-*"))
    # The other process is done while ours still builds: its table stands where ours would go.
    builder = tmp_path / "builder"
    builder.write_text(f"#!/bin/sh\ncp -r {ready} {tmp_path}/cache/{ready.name}\n")
    builder.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(builder))

    won = WordForms.open(tmp_path / "cache")

    assert len(won) == len(forms)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [ready.name]
