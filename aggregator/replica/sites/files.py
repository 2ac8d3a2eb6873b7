"""A folder of files as Apache lists it, with a folder for each year below."""

import re
from datetime import datetime
from html import escape

from aggregator.replica.content.naming import BERLIN
from aggregator.replica.content.rounds import World
from aggregator.replica.sites import office, pdf
from aggregator.replica.sites.answer import Answer, Asked, etag, http_date, page
from aggregator.replica.values import DEMO_NOTICE, Publication, sentence_of

FOLDER = "/dateien/"
PATHS = re.compile(r"/dateien/(?:(\d{4})/)?([\w-]+\.\w+)?")


class Files:
    """Answers below the folder."""

    def __init__(self, world: World) -> None:
        self._files = {p.path: p for p in world.publications if p.form == "datei"}

    def answer(self, asked: Asked, found: re.Match[str]) -> Answer | None:
        """Answer for a file, the folder, or the folder of a year; None: there is none."""
        if found[2]:
            file = self._files.get(asked.path)
            return _file(file) if file else None
        return self._listing(asked.path)

    def _listing(self, folder: str) -> Answer | None:
        """List a folder in the fancy indexing of Apache."""
        inside = sorted(path for path in self._files if path.startswith(folder))
        if not inside:
            return None
        names = dict.fromkeys(re.sub(r"/.*", "/", path[len(folder) :]) for path in inside)
        rows = "".join(self._row(folder, name) for name in names)
        return page(
            '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<html>\n<head>\n'
            f"<title>Index of {folder.rstrip('/')}</title>\n</head>\n<body>\n"
            f"<h1>Index of {folder.rstrip('/')}</h1>\n<pre>"
            '<a href="?C=N;O=D">Name</a>  <a href="?C=M;O=A">Last modified</a>\n<hr>'
            f'<a href="/">Parent Directory</a>\n{rows}<hr></pre>\n'
            f"<address>Apache Server, {DEMO_NOTICE}</address>\n</body></html>\n"
        )

    def _row(self, folder: str, name: str) -> str:
        file = self._files.get(f"{folder}{name}")
        shown = name if len(name) <= 22 else f"{name[:20]}..&gt;"
        if file is None:
            return f'<a href="{name}">{shown}</a>     2026-01-02 08:00    -   \n'
        at = datetime.fromisoformat(file.modified).astimezone(BERLIN)
        return f'<a href="{escape(name)}">{shown}</a>     {at:%Y-%m-%d %H:%M}   12K  \n'


def _file(publication: Publication) -> Answer:
    kind = publication.path.rpartition(".")[2]
    created = publication.published or publication.modified
    if kind == "pdf":
        texts = [sentence_of(paragraph) for paragraph in publication.paragraphs]
        body = pdf.write(publication.title, texts, created=created, notice=DEMO_NOTICE)
    else:
        body = office.write(
            kind,
            publication.title,
            publication.paragraphs,
            created=created,
            notice=DEMO_NOTICE,
        )
    return Answer(
        body=body,
        type=office.TYPES.get(kind, "application/pdf"),
        etag=etag(body),
        last_modified=http_date(publication.modified),
    )
