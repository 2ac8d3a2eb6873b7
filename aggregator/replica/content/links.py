"""The planted links: who points where, under which address, in which sentence.

A link is a sentence of its own, so that its words are known exactly. Addresses are those under
which people really link: with session ids, without `www.`, on the former host, with page ids.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from aggregator.replica.content.addresses import DEAD, session, variants
from aggregator.replica.content.naming import written
from aggregator.replica.stock import every_theme, fill, frames, pick, sentence, themes
from aggregator.replica.values import (
    COUNCIL,
    FORUM,
    GUIDE,
    HOSTS,
    MINISTRY,
    Anchor,
    Paragraph,
    Publication,
    Sentence,
)

_TOPIC, _PAGE, _NEWS, _MORE = ("thema", 0), ("leitfaden", 0), ("meldung", 0), ("meldung", 1)
_ARTICLE, _PRESS = ("artikel", 0), ("presse", 0)
_DECISION, _FILE = ("beschluss", 0), ("download", 0)
# Modulus and remainders of the themes concerned, origin, targets of which the first that exists
# is taken.
_RULES = (
    (12, {0, 6, 9}, _TOPIC, (_NEWS,)),
    (12, {1, 4, 10}, _TOPIC, (_ARTICLE, _NEWS)),
    (12, {2, 5, 8}, _TOPIC, (_PRESS, _MORE)),
    (12, {0, 3, 6, 7, 9, 11}, _TOPIC, (_PAGE,)),
    (5, {1}, _TOPIC, (_DECISION,)),
    (8, {2}, ("thema", 1), (_FILE,)),
    (4, {2}, _TOPIC, (_FILE,)),
    (2, {0}, _MORE, (_PAGE,)),
    (3, {1}, _NEWS, (_TOPIC,)),
    (3, {1}, _ARTICLE, (_DECISION,)),
    (3, {2}, _PAGE, (_TOPIC,)),
    (3, {2}, _PAGE, (_NEWS,)),
    (3, {0}, _PAGE, (_PRESS, _ARTICLE)),
    (3, {0}, _PRESS, (_FILE,)),
    (4, {1}, _PAGE, (_DECISION,)),
    (4, {1}, _PAGE, (_FILE,)),
    (3, {1}, _DECISION, (_NEWS,)),
    (4, {0}, _DECISION, (_PAGE,)),
    (4, {0}, _ARTICLE, (_MORE,)),
    (5, {3}, ("interview", 0), (_PAGE,)),
)

_GROUP = {MINISTRY: "ministerium", GUIDE: "leitfaden", COUNCIL: "beschluss", FORUM: "forum"}
# Forms of the further platforms that link, and what they and others link to, in turns.
_FAR = ("netze", "agentur", "blatt", "verband", "kdz")
_FAR_TARGETS = ("meldung", "blatt", "leitfaden", "netze", "beschluss", "agentur", "thema",
                "verband", "download", "daten", "artikel", "kdz")  # fmt: skip
_NEAR = ("thema", "leitfaden", "meldung", "beschluss")


class _Index:
    """Publications by form and theme."""

    def __init__(self, publications: Iterable[Publication]) -> None:
        self._found: dict[tuple[str, str], list[Publication]] = {}
        self._forms: dict[str, list[Publication]] = {}
        for publication in publications:
            self._found.setdefault((publication.form, publication.theme), []).append(publication)
            self._forms.setdefault(publication.form, []).append(publication)

    def first(self, form: str, place: int, *, theme: str) -> Publication | None:
        """Return the publication of this form at this place among those on the theme."""
        found = self._found.get((form, theme), [])
        return found[place] if place < len(found) else None

    def any(self, form: str, place: int) -> Publication:
        """Return the publication at a place of the form, round and round."""
        found = self._forms[form]
        return found[place % len(found)]

    def late(self, form: str) -> list[Publication]:
        """Return those that appear in the second round."""
        return [found for found in self._forms[form] if found.since == 2]


def linked(publications: list[Publication]) -> list[Publication]:
    """Return the publications with the planted links in their texts."""
    index = _Index(publications)
    changed = {publication.key: publication for publication in publications}
    for place, (origin, target) in enumerate(_plan(index)):
        if origin.key == target.key:
            continue
        changed[origin.key] = _with_link(changed[origin.key], target, place)
    for place, file in enumerate(p for p in publications if p.form == "anlage"):
        parent = f"confluence:{file.parent}"
        changed[parent] = _with_link(changed[parent], file, place)
    for place, (address, name) in enumerate(DEAD):
        origin = index.any(("thema", "artikel", "meldung")[place % 3], 5 + 7 * place)
        changed[origin.key] = _with_dead(changed[origin.key], address, name, place)
    for place in range(8):
        origin = index.any("artikel", 2 * place)
        further = _further(index, origin, place)
        changed[origin.key] = replace(changed[origin.key], further=further)
    return [changed[publication.key] for publication in publications]


def _plan(index: _Index) -> Iterator[tuple[Publication, Publication]]:
    """Yield the pairs of origin and target, at most a few per origin."""
    for place, theme in enumerate(themes()):
        yield from _of_theme(index, theme.id, place)
    yield from _to_the_future(index)
    yield from _of_the_federation(index)


def _of_theme(index: _Index, theme: str, place: int) -> Iterator[tuple[Publication, Publication]]:
    """Yield the links among the publications on one theme."""
    for modulus, remainders, start, ends in _RULES:
        if place % modulus in remainders:
            origin = index.first(*start, theme=theme)
            found = (index.first(*end, theme=theme) for end in ends)
            target = next((end for end in found if end is not None), None)
            if origin is not None and target is not None:
                yield origin, target


def _to_the_future(index: _Index) -> Iterator[tuple[Publication, Publication]]:
    """Yield links to what the second round brings, and from there back."""
    forms = (("thema", "meldung"), ("leitfaden", "thema"), ("artikel", "leitfaden"),
             ("thema", "beschluss"), ("meldung", "leitfaden"))  # fmt: skip
    for place, (start, end) in enumerate(forms):
        yield index.any(start, 3 + 8 * place), index.late(end)[place % 2]
    for place, late in enumerate(index.late("thema") + index.late("leitfaden")):
        yield late, index.any("meldung", 9 + 5 * place)
    for place, late in enumerate(index.late("meldung")):
        yield late, index.any("thema", 1 + 6 * place)


def _of_the_federation(index: _Index) -> Iterator[tuple[Publication, Publication]]:
    """Yield links from the further platforms, to them, and to what they publish later."""
    for turn, form in enumerate(_FAR):
        for place in range(8):
            wanted = _FAR_TARGETS[(place + 5 * turn) % len(_FAR_TARGETS)]
            yield index.any(form, 3 * place), index.any(wanted, 2 + 7 * place + turn)
    for turn, form in enumerate(_NEAR):
        for place in range(4):
            far = _FAR[(place + turn) % len(_FAR)]
            yield index.any(form, 4 + 6 * place + turn), index.any(far, 1 + 5 * place + turn)
    yield index.any("agentur", 7), index.late("blatt")[0]
    yield index.any("blatt", 13), index.late("netze")[0]


def _with_link(origin: Publication, target: Publication, place: int) -> Publication:
    anchor = Anchor(
        text=_name(target, place), href=_address(origin, target, place), target=target.key
    )
    frame = _frame(origin, target)
    return _inserted(origin, _sentence(frame, anchor, target, place), place)


def _frame(origin: Publication, target: Publication) -> str:
    if origin.platform == target.platform:
        return "link.anlage" if target.form == "anlage" else "link.intern"
    start = _GROUP.get(origin.platform, "fern")
    end = "pdf" if target.form == "download" else _GROUP.get(target.platform, "fern")
    return f"link.{start}-{end}"


def _sentence(frame: str, anchor: Anchor, target: Publication | None, place: int) -> Sentence:
    lines = frames()[frame]
    template = lines[(place + pick(frame, len(lines))) % len(lines)]
    text = fill(template, f"{frame}{place}", anker=anchor.text)
    plain = sentence(text.replace("::link", "::none::none")).text
    cited = target is not None and target.form == "beschluss"
    references = (("itplr", target.key),) if cited and target else ()
    return Sentence(text=plain, references=references, anchor=anchor)


def _name(target: Publication, place: int) -> str:
    """Return the words that carry the link; their grammar fits the frames."""
    theme = next(theme.name for theme in every_theme() if theme.id == target.theme)
    names = {
        "beschluss": (f"Beschluss {target.key.partition(':')[2]} des IT-Planungsrats",),
        "download": (target.title,),
        "anlage": (target.title,),
        "leitfaden": (f"Kapitel „{target.title}“", f"Leitfadenkapitel zum Thema {theme}"),
        "thema": (f"Diskussion über {theme}", f"Anfrage einer Kommune zum Thema {theme}"),
        "artikel": (f"Themenseite „{target.title}“",),
        "daten": (f"Tabelle „{target.title}“",),
    }.get(target.form)
    if names:
        return names[place % len(names)]
    noun = "Pressemitteilung" if target.form == "presse" else "Meldung"
    if place % 3 == 0 and target.published and target.since == 1:
        return f"{noun} vom {written(target.published)} zum Thema {theme}"
    return f"{noun} „{target.title}“"


def _address(origin: Publication, target: Publication, place: int) -> str:
    """Return the address as the origin writes it."""
    if origin.platform == target.platform == MINISTRY:
        # Relative to <base href>, without a leading slash.
        path, _, query = target.path.lstrip("/").partition("?")
        return f"{path}{session(origin.key)}?{query or 'nn=18094882'}"
    if origin.platform == target.platform:
        return target.path
    known = variants(target)
    return known[place % len(known)]


def _inserted(origin: Publication, line: Sentence, place: int) -> Publication:
    """Return the publication with a sentence more, never as the first of its text."""
    if origin.posts:
        number = 1 if place % 4 == 1 and len(origin.posts) > 1 else 0
        post = origin.posts[number]
        paragraphs = (*post.paragraphs[:-1], _placed(post.paragraphs[-1], line, place))
        changed = replace(post, paragraphs=paragraphs)
        posts = (*origin.posts[:number], changed, *origin.posts[number + 1 :])
        return replace(origin, posts=posts)
    number = place % len(origin.paragraphs)
    if origin.form == "interview":
        number = 1
    paragraph = _placed(origin.paragraphs[number], line, place)
    before, after = origin.paragraphs[:number], origin.paragraphs[number + 1 :]
    return replace(origin, paragraphs=(*before, paragraph, *after))


def _placed(paragraph: Paragraph, line: Sentence, place: int) -> Paragraph:
    at = 1 + place % max(len(paragraph), 1)
    return (*paragraph[:at], line, *paragraph[at:])


def _with_dead(origin: Publication, address: str, name: str, place: int) -> Publication:
    anchor = Anchor(text=name, href=address, target=None)
    return _inserted(origin, _sentence("link.tot", anchor, None, place), place)


def _further(index: _Index, origin: Publication, place: int) -> tuple[Anchor, ...]:
    """Return a list of mere links."""
    targets = [
        index.first("leitfaden", 0, theme=origin.theme),
        index.first("thema", 0, theme=origin.theme),
        index.any("beschluss", 3 * place),
        index.any("leitfaden", 5 * place + 2),
    ]
    named = [(target, _address(origin, target, place)) for target in targets if target]
    home = Anchor(text="Startseite des Forums", href=f"http://{HOSTS[FORUM]}/", target=None)
    return (*(Anchor(text=t.title, href=href, target=t.key) for t, href in named), home)
