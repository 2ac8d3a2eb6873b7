"""Texts that stand in several places: copies, teasers, lightly edited copies."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from aggregator.replica.content.naming import name_key, slug
from aggregator.replica.content.partners import wiki_path
from aggregator.replica.stock import sentence
from aggregator.replica.values import Paragraph, Publication, Sentence

_COPY_OPENING = "Zur Kenntnis für alle, die Mitteilung des Ministeriums im vollen Wortlaut:"
_TEASER_OPENING = "Lesehinweis für die Runde, der Anfang der amtlichen Seite lautet so:"
# About every twentieth word is exchanged; none of them stands in a reference.
_SYNONYMS = {
    "auch": "ebenfalls", "nur": "lediglich", "Behörden": "Ämter", "Kommunen": "Gemeinden",
    "Antrag": "Onlineantrag", "Dienst": "Onlinedienst", "Stelle": "Behörde", "sofort": "umgehend",
    "und": "sowie", "erhalten": "bekommen", "Verfahren": "Vorgang", "digital": "elektronisch",
    "zeigt": "belegt", "beim": "bei dem", "Angaben": "Daten", "künftig": "demnächst",
    "werden": "werden nun", "wird": "wird jetzt", "sich": "sich dabei", "ist": "ist somit",
    "mit": "nebst", "Seite": "Webseite", "meisten": "allermeisten", "für": "zugunsten von",
}  # fmt: skip


_Pair = tuple[Publication, Publication]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Publications that carry the same text; the first is the original."""

    relation: str  # copy | teaser | edited
    keys: tuple[str, ...]


def copied(publications: list[Publication]) -> tuple[list[Publication], tuple[Group, ...]]:
    """Return the publications with the planted copies, and the groups."""
    places = {publication.key: place for place, publication in enumerate(publications)}
    changed = list(publications)
    groups: list[Group] = []
    for relation, original, pairs in _plan(publications):
        for old, new in pairs:
            changed[places[old.key]] = new
        groups.append(Group(relation=relation, keys=(original.key, *(new.key for _, new in pairs))))
    return changed, tuple(groups)


def _plan(publications: list[Publication]) -> Iterator[tuple[str, Publication, list[_Pair]]]:
    """Yield relation, original, and what was there with what takes its place."""
    forms: dict[str, list[Publication]] = {}
    for publication in publications:
        if publication.since == 1:
            forms.setdefault(publication.form, []).append(publication)
    topics = [topic for topic in forms["thema"] if len(topic.posts) < 5]
    press, news, articles = forms["presse"], forms["meldung"], forms["artikel"]
    notices, chapters = forms["nachricht"], forms["leitfaden"]
    for place in range(4):
        original = press[place]
        pairs = [(notices[place], _notice(notices[place], original, original.paragraphs))]
        if place == 0:
            pairs.append((topics[3], _quoting(topics[3], _COPY_OPENING, original)))
        yield "copy", original, pairs
    for place in range(3):
        original, topic = news[11 + 13 * place], topics[9 + 4 * place]
        yield "copy", original, [(topic, _quoting(topic, _COPY_OPENING, original))]
    for place in range(3):
        original, notice = articles[5 + 4 * place], notices[5 + place]
        yield "teaser", original, [(notice, _notice(notice, original, _start(original)))]
    for place in range(2):
        original, topic = articles[6 + 4 * place], topics[22 + 5 * place]
        short = replace(original, paragraphs=_start(original))
        yield "teaser", original, [(topic, _quoting(topic, _TEASER_OPENING, short))]
    for place in range(5):
        original, chapter = articles[place], chapters[-1 - place]
        yield "edited", original, [(chapter, _chapter(chapter, original))]
    yield from _syndicated(forms)


def _syndicated(
    forms: dict[str, list[Publication]],
) -> Iterator[tuple[str, Publication, list[_Pair]]]:
    """Let the trade paper print what others sent it, whole or shortened."""
    posts = iter(forms["blatt"][3::3])
    whole = (("presse", 5), ("presse", 7), ("netze", 2), ("netze", 6), ("agentur", 4),
             ("agentur", 9), ("kdz", 4), ("verband", 8))  # fmt: skip
    for form, place in whole:
        original, post = forms[form][place], next(posts)
        yield "copy", original, [(post, _reprinted(post, original, original.paragraphs))]
    for form, place in (("agentur", 14), ("verband", 15)):
        original, post = forms[form][place], next(posts)
        yield "teaser", original, [(post, _reprinted(post, original, _start(original)))]


def _notice(
    notice: Publication, original: Publication, paragraphs: tuple[Paragraph, ...]
) -> Publication:
    """Let the council's news carry a text under a title of its own."""
    title = f"Aus Bund und Ländern: {original.title}"
    path = f"/aktuelles/details/{slug(title)}"
    return replace(
        notice,
        title=title,
        path=path,
        key=name_key(notice.host, path),
        theme=original.theme,
        paragraphs=paragraphs,
    )


def _reprinted(
    post: Publication, original: Publication, paragraphs: tuple[Paragraph, ...]
) -> Publication:
    """Let a post of the paper carry a text under a title and an address of its own."""
    title = f"Aus den Häusern: {original.title}"
    path = f"{post.path[:12]}{slug(title)}/"
    return replace(post, title=title, path=path, theme=original.theme, paragraphs=paragraphs)


def _quoting(topic: Publication, opening: str, original: Publication) -> Publication:
    """Let a topic of one post quote a text."""
    title = f"Zur Kenntnis: {original.title}"
    said = ((sentence(opening),), *original.paragraphs)
    return replace(
        topic,
        title=title,
        path=f"/t/{slug(title, words=9)}/{topic.number}",
        theme=original.theme,
        kind="thread",
        modified=topic.posts[0].at,
        posts=(replace(topic.posts[0], paragraphs=said),),
    )


def _chapter(chapter: Publication, original: Publication) -> Publication:
    """Let a page of the wiki carry a text that an editor went over."""
    number = chapter.title.partition(" ")[0]
    title = f"{number} {original.title.replace(':', ',')}"
    return replace(
        chapter,
        title=title,
        path=wiki_path(title, chapter.number),
        theme=original.theme,
        paragraphs=_edited(original),
    )


def _start(original: Publication) -> tuple[Paragraph, ...]:
    """Return the first paragraph and one sentence more."""
    first, second, *_ = original.paragraphs
    return (first, second[:1])


def _edited(original: Publication) -> tuple[Paragraph, ...]:
    """Return the text with a few words exchanged."""
    gap = 0

    def other(line: Sentence) -> Sentence:
        nonlocal gap
        words = line.text.split(" ")
        for place, word in enumerate(words):
            gap += 1
            if gap >= 14 and not line.references and word in _SYNONYMS:
                words[place], gap = _SYNONYMS[word], 0
        return replace(line, text=" ".join(words))

    return tuple(tuple(other(line) for line in paragraph) for paragraph in original.paragraphs)
