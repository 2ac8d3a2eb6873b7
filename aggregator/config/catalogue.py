"""From `sources.yaml` and `sources.d/*.yaml` to a `Catalogue`, or to all that is wrong with them.

Each file is read by the table of keys; then the list as a whole is checked: ids occur once,
platforms exist, no two sources read the same thing.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aggregator.config import document
from aggregator.config.keys import PLATFORM, ROOT, SITE, SOURCE
from aggregator.config.mistakes import InvalidConfigError, Mistake, Notes, shown, suggestion
from aggregator.config.shapes import Section, Told
from aggregator.model import Catalogue, Platform, Site, Source, SourceKind

FOLDER = "sources.d"  # further files beside the list, read in the order of their names


def load(path: Path) -> Catalogue:
    """Read the source list.

    Args:
        path: `sources.yaml`; `sources.d/*.yaml` beside it belong to it.

    Returns:
        The catalogue; its checksum is the SHA-256 over the files in reading order.

    Raises:
        InvalidConfigError: Something is wrong; every mistake is listed, nothing was touched.
    """
    return parse(read_files(path))


def fingerprint(path: Path) -> str:
    """Return the checksum that `load` would give the source list, without reading YAML.

    Raises:
        InvalidConfigError: A file cannot be read, or would be overlooked.
    """
    return checksum(read_files(path))


def read_files(path: Path) -> dict[Path, bytes]:
    """Return the files of a source list with their content, in reading order.

    Raises:
        InvalidConfigError: A file cannot be read, or would be overlooked.
    """
    folder = path.parent / FOLDER
    notes = Notes(str(path))
    files = [path]
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if file.suffix == ".yml":
            notes.add(1, f"{FOLDER}/{file.name} wird nicht gelesen", "in .yaml umbenennen")
        if file.suffix == ".yaml" and not file.name.startswith("."):
            files.append(file)
    mistakes = list(notes.mistakes)
    bodies = {}
    for file in files:
        try:
            bodies[file] = file.read_bytes()
        except OSError as error:
            mistakes.append(_unreadable(file, error))
    if mistakes:
        raise InvalidConfigError(mistakes)
    return bodies


def _unreadable(file: Path, error: OSError) -> Mistake:
    if isinstance(error, FileNotFoundError):
        cause = "die Datei gibt es nicht"
        remedy = "eine Quellenliste anlegen oder mit --sources eine andere nennen"
    elif isinstance(error, IsADirectoryError):
        cause, remedy = "das ist ein Ordner, keine Datei", "mit --sources eine Datei nennen"
    else:
        cause = f"die Datei lässt sich nicht lesen ({error.strerror})"
        remedy = "Rechte der Datei prüfen"
    return Mistake(file=str(file), line=1, cause=cause, remedy=remedy)


def checksum(files: Mapping[Path, bytes]) -> str:
    """Return the SHA-256 over the files in reading order, hex."""
    digest = hashlib.sha256()
    for body in files.values():
        digest.update(b"%d:" % len(body))  # moving a line from file to file is a change
        digest.update(body)
    return digest.hexdigest()


def parse(files: Mapping[Path, bytes]) -> Catalogue:
    """Return the catalogue that some files hold; the first is the main file.

    Raises:
        InvalidConfigError: Something is wrong; every mistake is listed.
    """
    with document.without_gc():
        return _parse(files)


def _parse(files: Mapping[Path, bytes]) -> Catalogue:
    site = Site()
    platforms: list[_Found] = []
    sources: list[_Found] = []
    mistakes: list[Mistake] = []
    readable = True
    for number, (path, body) in enumerate(files.items()):
        notes = Notes(str(path))
        root = _root(body, notes)
        readable = readable and root is not None
        if root is not None:
            site = _site(root, notes, main=number == 0) or site
            platforms += _entries(root, "platforms", PLATFORM, notes)
            sources += _entries(root, "sources", SOURCE, notes)
        mistakes += notes.mistakes
    if readable:
        mistakes += _Checks(platforms, sources).mistakes()
    if mistakes:
        order = {str(path): number for number, path in enumerate(files)}
        raise InvalidConfigError(sorted(mistakes, key=lambda m: (order[m.file], m.line)))
    return Catalogue(
        site=site,
        platforms=tuple(Platform(**found.told.values) for found in platforms),
        sources=tuple(Source(**{"url": None, **found.told.values}) for found in sources),
        checksum=checksum(files),
    )


# --- one file ------------------------------------------------------------------------------

# Keys that say something of some kinds alone.
_FOR_KINDS = {
    "preset": (SourceKind.LISTING,),
    "selectors": (SourceKind.LISTING, SourceKind.JSON),
}


@dataclass(frozen=True, slots=True)
class _Found:
    """A platform or source as told, and the file it stands in."""

    told: Told
    file: str


def _root(body: bytes, notes: Notes) -> dict[str, document.Node] | None:
    """Return what stands under the names at the top of a file."""
    text = document.decode(body, notes)
    root = document.parse(text, notes) if text is not None else None
    if root is None:
        return None
    known = [key.name for key in ROOT.keys]
    parts: dict[str, document.Node] = {}
    for key, value in root.pairs:
        if key.text not in known:
            notes.add(key.line, f"unbekannter Schlüssel {shown(key.text)}",
                      suggestion(key.text, known))  # fmt: skip
        elif key.text in parts:
            notes.add(key.line, f"„{key.text}“ steht zweimal",
                      "beide Abschnitte zu einem vereinen")  # fmt: skip
        else:
            parts[key.text] = value
    return parts


def _site(root: Mapping[str, document.Node], notes: Notes, *, main: bool) -> Site | None:
    """Return what the file says about the installation."""
    node = root.get("site")
    if node is None or document.is_null(node):
        return None
    if not main:
        notes.add(node.line, "„site“ steht außerhalb der Hauptdatei",
                  "den Abschnitt in die Hauptdatei verschieben")  # fmt: skip
        return None
    site = SITE.read(node, notes, "site")
    return site if isinstance(site, Site) else None


def _entries(
    root: Mapping[str, document.Node], name: str, section: Section, notes: Notes
) -> list[_Found]:
    """Return what a list of platforms or sources tells."""
    node = root.get(name)
    if node is None or document.is_null(node):
        return []
    if not isinstance(node, document.Sequence):
        notes.add(node.line, f"„{name}“ ist keine Liste",
                  f"jeden Eintrag mit „- id: …“ beginnen; leer: „{name}: []“")  # fmt: skip
        return []
    told = (section.tell(item, notes, name) for item in node.items)
    return [_Found(entry, notes.file) for entry in told if entry is not None]


# --- the list as a whole -------------------------------------------------------------------


class _Checks:
    """What no single value shows; entries may be incomplete, so every look is careful."""

    def __init__(self, platforms: list[_Found], sources: list[_Found]) -> None:
        self.platforms = platforms
        self.sources = sources
        self.found: list[Mistake] = []

    def mistakes(self) -> list[Mistake]:
        """Return what is wrong with the list as a whole."""
        self._unique(self.platforms, "Plattform")
        self._unique(self.sources, "Quelle")
        self._former()
        known = {p.told.values.get("id"): p for p in self.platforms}
        for source in self.sources:
            self._platform(source, known)
            self._fits_kind(source)
        self._read_once()
        return self.found

    def _note(self, found: _Found, key: str, cause: str, remedy: str) -> None:
        line = found.told.lines.get(key, found.told.line)
        self.found.append(Mistake(file=found.file, line=line, cause=cause, remedy=remedy))

    def _unique(self, entries: Iterable[_Found], what: str) -> None:
        first: dict[str, _Found] = {}
        for entry in entries:
            name = entry.told.values.get("id")
            if name is None:
                continue
            if name in first:
                place = f"{first[name].file}:{first[name].told.lines['id']}"
                self._note(entry, "id", f"die Kennung „{name}“ gibt es schon ({place})",
                           f"der {what} eine eigene Kennung geben")  # fmt: skip
            first.setdefault(name, entry)

    def _former(self) -> None:
        """A link to a former address must lead to one platform."""
        owner: dict[str, str] = {}
        for platform in self.platforms:
            name = str(platform.told.values.get("id"))
            for url in platform.told.values.get("former") or ():
                other = owner.setdefault(url.rstrip("/"), name)
                if other != name:
                    self._note(platform, "former", f"{url} gehört schon zu „{other}“",
                               "die frühere Adresse nur einer Plattform geben")  # fmt: skip

    def _platform(self, source: _Found, known: Mapping[str | None, _Found]) -> None:
        name = source.told.values.get("platform")
        if None in known:  # a platform with an unusable id may be the one that is meant
            return
        if name is not None and name not in known:
            self._note(source, "platform", f"die Plattform „{name}“ gibt es nicht",
                       suggestion(name, map(str, known)))  # fmt: skip

    def _fits_kind(self, source: _Found) -> None:
        """Check what depends on the kind: the address, and selectors."""
        values = source.told.values
        kind = values.get("kind")
        if kind is None:
            return
        if kind is not SourceKind.MANUAL and "url" not in values:
            self._note(source, "id", f"Quelle: „url“ fehlt bei kind: {kind}",
                       "„url:“ ergänzen (nur kind: manual kommt ohne aus)")  # fmt: skip
        for key, kinds in _FOR_KINDS.items():
            if values.get(key) and kind not in kinds:
                named = " und ".join(kinds)
                self._note(source, key, f"„{key}“ gilt nur für kind: {named}, hier steht {kind}",
                           f"„{key}“ entfernen oder kind: {kinds[0]} eintragen")  # fmt: skip

    def _read_once(self) -> None:
        """Two sources that read the same thing would fight over its items."""
        first: dict[tuple[object, ...], str] = {}
        for source in self.sources:
            values = source.told.values
            if values.get("url") is None or values.get("kind") is None:
                continue
            reads = (values["kind"], values["url"], values.get("include"), values.get("exclude"))
            name = str(values.get("id"))
            other = first.setdefault(reads, name)
            if other != name:
                self._note(source, "url", f"„{other}“ liest dieselbe Adresse auf dieselbe Art",
                           "eine der Quellen entfernen oder mit „include“ trennen")  # fmt: skip
