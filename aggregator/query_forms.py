"""Other forms of a query: written as text again, and asking for less. Pure."""

from collections.abc import Iterator

from aggregator.query import All, Any, Node, Not, Phrase, Prefix, Words, joined


def written(node: Node | None) -> str:
    """Return a query that reads as this tree."""
    if isinstance(node, Words):
        return node.text
    if isinstance(node, Phrase):
        return f'"{node.text}"'
    if isinstance(node, Prefix):
        return f"{node.text}*"
    if isinstance(node, Not):
        told = written(node.node)
        return f"-{told}" if _stands_alone(node.node) else f"-({told})"
    if isinstance(node, All):
        return " ".join(map(_inside, node.nodes))
    return " OR ".join(map(written, node.nodes)) if node is not None else ""


def _stands_alone(node: Node) -> bool:
    """Whether a minus in front of a node takes away the whole of it."""
    if isinstance(node, Words):
        return " " not in node.text and node.text[0].isalnum()
    return isinstance(node, Phrase | Prefix)


def _inside(node: Node) -> str:
    """Return a part of an All, in parentheses where it would fall apart."""
    return f"({written(node)})" if isinstance(node, All | Any) else written(node)


def looser(node: Node) -> Iterator[Node]:
    """Yield what asks for less, nearest first: without exclusions, then phrases as words.

    Words side by side need no looser form: a search adds by itself what has only some of them.
    """
    known = {node}
    form: Node | None = node
    for loosened in (_without_exclusions, _unquoted):
        form = loosened(form) if form is not None else None
        if form is not None and form not in known:
            known.add(form)
            yield form


def _without_exclusions(node: Node) -> Node | None:
    if not isinstance(node, All | Any):
        return node
    kept = [_without_exclusions(child) for child in node.nodes if not isinstance(child, Not)]
    return joined(type(node), [child for child in kept if child is not None])


def _unquoted(node: Node) -> Node | None:
    if isinstance(node, Phrase):
        return Words(node.text)
    if not isinstance(node, All | Any):
        return node
    kept = map(_unquoted, node.nodes)
    return joined(type(node), [child for child in kept if child is not None])
