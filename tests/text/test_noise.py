"""Noise: what changes by itself is taken out, what people wrote stays."""

import pytest

from aggregator.text.noise import settled

NEWS = "Der Kreis stellt um.\n\nAb Januar werden alle Akten elektronisch geführt."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1.204 Aufrufe", "1.377 Aufrufe"),
        ("Aufrufe: 12", "Aufrufe: 4711"),
        ("12 mal gelesen", "13 mal gelesen"),
        ("Gelesen: 12", "Gelesen: 13"),
        ("Pressestelle | 3 Kommentare", "Pressestelle | 4 Kommentare"),
        ("vor 3 Stunden", "vor 2 Tagen"),
        ("Veröffentlicht vor einer Stunde", "Veröffentlicht vor 14 Minuten"),
        ("3 hours ago", "2 days ago"),
        ("Stand: 24.11.2026, 08:00 Uhr", "Stand: 24.11.2026, 09:13 Uhr"),
        ("Es ist 08:00 Uhr", "Es ist 09:13 Uhr"),
        ("Heute ist Dienstag, der 24. November 2026", "Heute ist Freitag, der 27. November 2026"),
        ("Dienstag, 24.11.2026 08:00:01", "Freitag, 27.11.2026 11:22:33"),
        ("Abgerufen am 24.11.2026 um 08:00 Uhr", "Abgerufen am 27.11.2026 um 07:00 Uhr"),
        ("Seite generiert in 0,12 Sekunden", "Seite generiert in 0,31 Sekunden"),
        ("/liste;jsessionid=0123456789ABCDEF.live1", "/liste;jsessionid=FEDCBA9876543210.live2"),
        ("123 Aufrufe, Stand 08:00 Uhr. Text", "99 Aufrufe, Stand 17:30 Uhr. Text"),
    ],
)  # fmt: skip
def test_noise_makes_no_difference(before: str, after: str) -> None:
    assert settled(f"{before}\n\n{NEWS}") == settled(f"{after}\n\n{NEWS}")
    assert settled(f"{NEWS}\n\n{before}") == settled(f"{NEWS}\n\n{after}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Das Portal zählt 12.000 Zugriffe am Tag.", "Das Portal zählt 15.000 Zugriffe am Tag."),
        ("Termin: 12.03.2026, 10:00 Uhr", "Termin: 13.03.2026, 10:00 Uhr"),
        ("Stand: 26.10.2021", "Stand: 27.10.2021"),
        ("Die Frist endet am 3. Mai 2026.", "Die Frist endet am 4. Mai 2026."),
        ("§ 3 Abs. 1 OZG", "§ 3 Abs. 2 OZG"),
        ("LeiKa 99107023011000", "LeiKa 99107023017000"),
        ("Es kamen 300 Besucher.", "Es kamen 400 Besucher."),
        ("Beginn 14:00 Uhr", "Beginn 15:00 Uhr"),
        ("25 Städte nehmen teil", "26 Städte nehmen teil"),
    ],
)  # fmt: skip
def test_content_makes_a_difference(before: str, after: str) -> None:
    assert settled(f"{before}\n\n{NEWS}") != settled(f"{after}\n\n{NEWS}")


def test_text_without_noise_keeps_its_words() -> None:
    assert settled(NEWS) == " ".join(NEWS.split())


def test_taking_noise_out_twice_is_taking_it_out_once() -> None:
    text = f"12 Aufrufe\n\n{NEWS} | 3 Kommentare\n\nvor 3 Stunden, vor 4 Tagen"
    assert settled(settled(text)) == settled(text)
