"""Pages that are not what was asked for, though the server said 200."""

import re

from lxml.html import HtmlElement

from aggregator.model import Code, Problem

_SHORT_CHARS = 800  # an article about log-ins is longer than a log-in page
_FORM_CHARS = 250  # labels and hints of a log-in form
_FRAME = frozenset({"header", "nav", "aside", "footer"})
_LAYER = re.compile(r"modal|dropdown|popup|overlay|offcanvas|sidebar|header", re.IGNORECASE)
_LOGIN = re.compile(
    r"\b(?:anmelden|anmeldung|einloggen|login|log in|sign in|zugang nur für)\b", re.IGNORECASE
)
_COOKIE = re.compile(
    r"cookies?\b[^.!?]{0,80}\b(?:aktivier|zulassen|erlauben|deaktiviert|disabled|blockiert)"
    r"|\b(?:aktivieren|erlauben)\b[^.!?]{0,60}\bcookies?\b"
    r"|\b(?:enable|accept|allow|requires?)\b[^.!?]{0,40}\bcookies?\b",
    re.IGNORECASE,
)
_CONSENT = re.compile(r"\b(?:ablehnen|auswahl|statistik|datenschutzerklärung)\b", re.IGNORECASE)
_CAPTCHA = re.compile(
    r"\bsind sie ein mensch\b|\b(?:kein roboter|not a robot|are you human|verify you are human"
    r"|sicherheitsüberprüfung|checking your browser|captcha)\b",
    re.IGNORECASE,
)
_CAPTCHA_MARK = ("g-recaptcha", "h-captcha", "cf-challenge", "cf-turnstile", "frc-captcha")
_MAINTENANCE = re.compile(
    r"\bwartungs(?:arbeiten|modus|fenster)\b|\b(?:under|scheduled) maintenance\b"
    r"|\b(?:vorübergehend|derzeit|momentan) nicht (?:erreichbar|verfügbar)\b"
    r"|\btemporarily unavailable\b",
    re.IGNORECASE,
)
_OLD_REVISION = re.compile(
    r"\s*(?:Sie zeigen eine alte Version dieser Seite an"
    r"|You are viewing an old version of this page)"
)
# 404 stands alone or is called an error: "Drucksache 404/24" is a document.
_MISSING = re.compile(
    r"(?:^|\b(?:fehler|error|status|code)\W{0,3})404\b(?!\s*[/\d])|[|·–—-]\s*404\s*$"
    r"|\b(?:seite|dokument|inhalt|artikel)\b[^.!?]{0,40}\bnicht (?:mehr )?"
    r"(?:gefunden|vorhanden|verfügbar)|\b(?:page|file) (?:was )?not found\b",
    re.IGNORECASE | re.MULTILINE,
)


def wall(root: HtmlElement, title: str, text: str, where: str) -> Problem | None:
    """Return why a page is a wall, or None when it is a page.

    Args:
        root: The page.
        title: Its title; what stands there decides, since texts speak of errors too.
        text: Its main text.
        where: Its address.
    """
    if old := _old_revision(root, where):
        return old
    if len(text) > _SHORT_CHARS:
        return None
    heads = "\n".join([title, *(h.text_content()[:200] for h in root.iter("h1", "title"))])
    if _asks_password(root) and (_LOGIN.search(heads) or len(text) < _FORM_CHARS):
        code, message = Code.LOGIN, "Die Seite verlangt eine Anmeldung; sie wird nicht gelesen"
    elif _COOKIE.search(f"{heads} {text}") and not _CONSENT.search(text):
        code = Code.NEEDS_COOKIE
        message = "Statt der Seite kam eine Aufforderung, Cookies zuzulassen"
    elif _CAPTCHA.search(heads) or (len(text) < _FORM_CHARS and _has_captcha(root)):
        code, message = Code.LOGIN, "Statt der Seite kam eine Prüfung, ob ein Mensch fragt"
    elif _MAINTENANCE.search(heads):
        code, message = Code.HTTP_ERROR, "Mit Status 200 meldet die Seite Wartungsarbeiten"
    elif _MISSING.search(heads):
        code, message = Code.NOT_FOUND, "Mit Status 200 meldet die Seite, dass es sie nicht gibt"
    else:
        return None
    return Problem(code=code, message=message, where=where)


def _old_revision(root: HtmlElement, where: str) -> Problem | None:
    """Recognise an old revision of a wiki page by its banner, which stands before the title."""
    for element in root.iter("div", "p", "li", "span"):
        if element.text and _OLD_REVISION.match(element.text):
            message = "Alte Fassung einer Wikiseite übersprungen"
            return Problem(code=Code.STALE, message=message, where=where)
    return None


def _has_captcha(root: HtmlElement) -> bool:
    """Whether a test for humans is built into the page itself, not into a form of its frame."""
    return any(
        mark in (element.get("class") or "")
        for element in root.iter("div", "form", "span")
        for mark in _CAPTCHA_MARK
        if not any(above.tag in _FRAME for above in element.iterancestors())
    )


def _asks_password(root: HtmlElement) -> bool:
    """Whether a password is asked for in the page itself, not in its frame or a hidden layer."""
    for field in root.iter("input"):
        if (field.get("type") or "").lower() == "password":
            around = list(field.iterancestors())
            framed = any(e.tag in _FRAME or _LAYER.search(e.get("class") or "") for e in around)
            if not framed:
                return True
    return False
