"""What a page says of its own encoding, found as browsers do (WHATWG HTML 13.2.3.2).

Public: `declared`.
"""

import re

# Browsers look at 1024 bytes; the heads of content systems are longer.
PRESCAN_BYTES = 4096

_XML = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.:-]{2,40})""", re.IGNORECASE)
_META = re.compile(rb"<meta[\s/]", re.IGNORECASE)
_TAG = re.compile(rb"</?[a-z]", re.IGNORECASE)
_NAME_END = re.compile(rb"[\s>]")
_ATTRIBUTE = re.compile(
    rb"""[\s/]*([^\s/>=][^\s/>=]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>"'][^\s>]*)?)?""", re.DOTALL
)
_CONTENT = re.compile(rb"""charset\s*=\s*("[^"]*"|'[^']*'|[^\s;"']+)""", re.IGNORECASE)


def declared(body: bytes) -> tuple[str, ...]:
    """Return the labels that a document gives its encoding, in order; names nobody may know.

    Args:
        body: Its bytes; the first `PRESCAN_BYTES` count, those of a comment apart.
    """
    if found := _XML.match(body.lstrip()[:200]):
        return (found[1].decode("ascii", "replace"),)
    labels, at, end = [], 0, PRESCAN_BYTES
    while (at := body.find(b"<", at, end)) >= 0:
        if body.startswith(b"<!--", at):
            close = body.find(b"-->", at + 2)
            if close < 0:
                break
            end += close - at  # a licence in front of the page
            at = close + 3
        elif _META.match(body, at):
            label, at = _meta(body, at + 5)
            if label:
                labels.append(label)
        elif _TAG.match(body, at):
            at = _skipped(body, at)
        else:
            at = body.find(b">", at) + 1 if body[at + 1 : at + 2] in b"!?/" else at + 1
        if at <= 0:
            break
    return tuple(labels)


def _attributes(body: bytes, at: int) -> tuple[dict[bytes, bytes], int]:
    """Return the attributes of a tag from its name's end on, and where it ends (0: nowhere)."""
    found: dict[bytes, bytes] = {}
    limit = at + PRESCAN_BYTES
    while at < min(len(body), limit):
        attribute = _ATTRIBUTE.match(body, at, limit)
        if attribute is None:
            break
        value = attribute[2] or b""
        unquoted = value[1:-1] if value[:1] in b"\"'" else value
        found.setdefault(attribute[1].lower(), unquoted)
        at = attribute.end()
    close = body.find(b">", at)
    return found, close + 1


def _meta(body: bytes, at: int) -> tuple[str | None, int]:
    """Return the encoding that a meta element gives, and where the element ends."""
    attributes, end = _attributes(body, at)
    if end == 0:
        return None, 0
    label = attributes.get(b"charset")
    pragma = attributes.get(b"http-equiv", b"").lower() == b"content-type"
    if label is None and pragma and (found := _CONTENT.search(attributes.get(b"content", b""))):
        label = found[1].strip(b"\"'")
    return (label.decode("latin-1").strip() if label else None), end


def _skipped(body: bytes, at: int) -> int:
    """Return where a tag ends, its attributes passed over: they may hold what looks like one."""
    name_end = _NAME_END.search(body, at)
    return _attributes(body, name_end.start())[1] if name_end else 0
