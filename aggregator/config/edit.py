"""Writing the source list: one change, everything else byte for byte as a person left it.

A change is first a plan: the file as it would be, and the list that would come of it. Nothing is
written that would not load. The new file replaces the old in one step (temporary file in the same
folder, fsync, rename), and an editor that saw an older state is refused.
"""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aggregator.config import catalogue, surgery
from aggregator.config.document import BOM, Scalar, decode, parse, plain, without_gc
from aggregator.config.document import Mapping as MappingNode
from aggregator.config.document import Sequence as SequenceNode
from aggregator.config.mistakes import ConflictError, Notes, unknown
from aggregator.errors import ConfigError
from aggregator.model import Catalogue, Source

Definition = Mapping[str, Any]  # keys and values as in the file
Files = Mapping[Path, bytes]  # of the list, in reading order; the first is the main file


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One file as it is and as it would be; `before` equals `after` when nothing would change."""

    file: Path
    before: bytes
    after: bytes
    catalogue: Catalogue  # as it would be
    seen: str  # checksum of the list that this was planned on


Planner = Callable[[Files], Plan]


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the list; positions of its tree point into its text."""

    path: Path
    text: str
    root: MappingNode


def add_source(
    path: Path, definition: Definition, *, expected_checksum: str | None = None
) -> Catalogue:
    """Put a source at the end of the list; see `add`."""
    return add(path, sources=[definition], expected_checksum=expected_checksum)


def add_platform(
    path: Path, definition: Definition, *, expected_checksum: str | None = None
) -> Catalogue:
    """Put a platform at the end of the list; see `add`."""
    return add(path, platforms=[definition], expected_checksum=expected_checksum)


def add(
    path: Path,
    *,
    platforms: Sequence[Definition] = (),
    sources: Sequence[Definition] = (),
    expected_checksum: str | None = None,
) -> Catalogue:
    """Put platforms and sources at the end of their lists in the main file, in one step.

    Args:
        path: `sources.yaml`.
        platforms: Entries with keys and values as in the file; None leaves a key out.
        sources: The same.
        expected_checksum: The catalogue's checksum that the editor saw.

    Returns:
        The catalogue as it is now.

    Raises:
        InvalidConfigError: The list would not be valid; nothing was written.
        ConflictError: The list has changed since the editor saw it.
        ConfigError: The file cannot be written.
    """
    adding = adding_of(path, platforms=platforms, sources=sources)
    return save(path, adding, expected_checksum=expected_checksum)


def adding_of(
    path: Path, *, platforms: Sequence[Definition] = (), sources: Sequence[Definition] = ()
) -> Planner:
    """Return what plans an addition; see `add`."""

    def planner(files: Files) -> Plan:
        old = _read(path, files[path])
        expected = plain(old.root)
        changes: list[surgery.Change] = []
        for section, definitions in (("platforms", platforms), ("sources", sources)):
            if definitions:
                entries = [_cleaned(definition) for definition in definitions]
                changes += surgery.append(old.text, old.root, section, entries)
                expected[section] = [*(expected.get(section) or ()), *map(_told, entries)]
        return _planned(files, old, changes, expected)

    return planner


def source_of(path: Path, definition: Definition) -> Source:
    """Return the source that a definition would be at the end of the list; writes nothing.

    Raises:
        InvalidConfigError: The list would not be valid.
    """
    files = catalogue.read_files(path)
    old = _read(path, files[path])
    changes = surgery.append(old.text, old.root, "sources", [_cleaned(definition)])
    body = surgery.apply(old.text, changes)
    loaded = catalogue.parse({**files, path: body.encode("utf-8")})
    return next(source for source in loaded.sources if source.id == definition["id"])


def update_source(
    path: Path, source_id: str, changes: Definition, *, expected_checksum: str | None = None
) -> Catalogue:
    """Give keys of a source new values, in whichever file it stands.

    Args:
        path: `sources.yaml`.
        source_id: Which source.
        changes: Key -> value as in the file; None removes the key. The id cannot change.
        expected_checksum: The catalogue's checksum that the editor saw.

    Returns:
        The catalogue as it is now.

    Raises:
        NotFoundError: There is no such source.
        InvalidConfigError: The list would not be valid; nothing was written.
        ConflictError: The list has changed since the editor saw it.
        ConfigError: The id would change, or the file cannot be written.
    """
    update = update_of(source_id, changes)
    return save(path, update, expected_checksum=expected_checksum)


def update_of(source_id: str, changes: Definition) -> Planner:
    """Return what plans new values for keys of a source; see `update_source`.

    Raises:
        ConfigError: The id would change.
    """
    if changes.get("id", source_id) != source_id:
        raise _other_id(source_id)

    def planner(files: Files) -> Plan:
        old, index = _find(files, source_id)
        cleaned = _cleaned(changes)
        edits = surgery.set_keys(old.text, _entries(old.root)[index], cleaned)
        expected = plain(old.root)
        expected["sources"][index] = _told({**expected["sources"][index], **cleaned})
        return _planned(files, old, edits, expected)

    return planner


def _other_id(source_id: str) -> ConfigError:
    return ConfigError(
        f"die Kennung „{source_id}“ kann sich nicht ändern", where="id",
        remedy="eine neue Quelle anlegen; Einträge und Entscheidungen hängen an der Kennung",
    )  # fmt: skip


def rewriting_of(source_id: str, text: str) -> Planner:
    """Return what plans the lines of one source anew, as a person wrote them.

    Args:
        source_id: Which source; it stays the same one.
        text: In the form of `Entry.text`: indented as if its dash stood at the margin.
    """

    def planner(files: Files) -> Plan:
        old, index = _find(files, source_id)
        body = surgery.apply(old.text, [surgery.rewrite(old.text, old.root, index, text)])
        rest, found = plain(old.root)["sources"], _sources_of(old, body)
        if len(found) != len(rest) or found[index].get("id") != source_id:
            raise _other_id(source_id)
        if [*found[:index], *found[index + 1 :]] != [*rest[:index], *rest[index + 1 :]]:
            raise ConfigError(
                "der Text reicht über den Eintrag hinaus", where=source_id,
                remedy="genau einen Eintrag schreiben, jede Zeile eingerückt wie die erste",
            )  # fmt: skip
        return _plan(files, old, body)

    return planner


def _sources_of(old: _File, body: str) -> list[dict[str, Any]]:
    """Return the sources of a file as it would be.

    Raises:
        InvalidConfigError: It would be no YAML.
        ConfigError: It would hold no sources.
    """
    found = plain(_read(old.path, body.encode("utf-8")).root).get("sources")
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise ConfigError("der Text ist kein Eintrag einer Quelle", where=str(old.path),
                          remedy="mit „- id: …“ beginnen")  # fmt: skip
    return found


def replacing_of(file: Path, body: bytes) -> Planner:
    """Return what plans another content for a whole file of the list.

    Raises:
        NotFoundError: When planning: the file does not belong to the list.
    """

    def planner(files: Files) -> Plan:
        if file not in files:
            raise unknown("keine Datei der Quellenliste", file.name, [path.name for path in files],
                          where=str(file), otherwise="aggregator sources check")  # fmt: skip
        return _plan(files, _File(file, "", _NOTHING), body)

    return planner


def plan(path: Path, planner: Planner) -> Plan:
    """Return what a change would come to; writes nothing.

    Raises:
        InvalidConfigError: The list would not be valid.
        ConfigError: The change cannot be written, or a file cannot be read.
    """
    with without_gc():
        return planner(catalogue.read_files(path))


def save(path: Path, planner: Planner, *, expected_checksum: str | None = None) -> Catalogue:
    """Make a change, in one step.

    Args:
        path: `sources.yaml`.
        planner: What to change.
        expected_checksum: The catalogue's checksum that the editor saw.

    Returns:
        The catalogue as it is now.

    Raises:
        InvalidConfigError: The list would not be valid; nothing was written.
        ConflictError: The list has changed since the editor saw it.
        ConfigError: The file cannot be written.
    """
    with _locked(path) as files:
        _expect(files, expected_checksum)
        planned = planner(files)
        if planned.after != planned.before:
            _replace(planned.file, planned.after)
        return planned.catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A source as it stands in its file."""

    file: Path
    definition: dict[str, Any]  # keys and values as written
    text: str  # its lines with comments, as if its dash stood at the margin
    checksum: str  # of the list


def entry(path: Path, source_id: str) -> Entry:
    """Return a source as it stands in its file.

    Raises:
        NotFoundError: There is no such source.
        InvalidConfigError: The list is not readable.
    """
    with without_gc():
        files = catalogue.read_files(path)
        old, index = _find(files, source_id)
        node = _entries(old.root)[index]
        return Entry(
            file=old.path, definition=plain(node), checksum=catalogue.checksum(files),
            text=surgery.lines_of(old.text, old.root, index),
        )  # fmt: skip


def set_enabled(
    path: Path, source_id: str, *, enabled: bool, expected_checksum: str | None = None
) -> Catalogue:
    """Switch a source on or off; see `update_source`."""
    return update_source(path, source_id, {"enabled": enabled}, expected_checksum=expected_checksum)


def _cleaned(value: Any) -> Any:
    """Return a value in the types that a file has: tuples are lists, members of enums are text."""
    if isinstance(value, Mapping):
        return {str(name): _cleaned(told) for name, told in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(told) for told in value]
    return str(value) if isinstance(value, str) else value


def _told(value: Any) -> Any:
    """Return a value as a file will hold it: a key without a value is left out."""
    if isinstance(value, Mapping):
        return {name: _told(told) for name, told in value.items() if told is not None}
    return [_told(told) for told in value] if isinstance(value, list) else value


_NOTHING = MappingNode((), flow=False, line=1, column=0, start=0, end=0)


def _expect(files: Files, expected: str | None) -> None:
    if expected is not None and catalogue.checksum(files) != expected:
        raise ConflictError(
            "die Quellenliste wurde inzwischen geändert", where=str(next(iter(files))),
            remedy="die Seite neu laden und die Änderung noch einmal eintragen",
        )  # fmt: skip


def _find(files: Mapping[Path, bytes], source_id: str) -> tuple[_File, int]:
    """Return the file of a source and its place in the list there."""
    known = []
    for path, body in files.items():
        file = _read(path, body)
        for index, node in enumerate(_entries(file.root)):
            ids = [value.text for key, value in node.pairs
                   if key.text == "id" and isinstance(value, Scalar)]  # fmt: skip
            if source_id in ids:
                return file, index
            known += ids
    raise unknown("keine Quelle", source_id, known, where=str(next(iter(files))),
                  otherwise="aggregator sources list")  # fmt: skip


def _read(path: Path, body: bytes) -> _File:
    """Return a file with its tree.

    Raises:
        InvalidConfigError: It is no YAML.
    """
    notes = Notes(str(path))
    text = decode(body, notes)
    root = parse(text, notes) if text is not None else None
    notes.raise_any()
    assert text is not None and root is not None, "no root without a note"  # noqa: S101, PT018
    return _File(path, text, root)


def _entries(root: MappingNode) -> list[MappingNode]:
    """Return the nodes of the sources of a file."""
    node = next((value for key, value in root.pairs if key.text == "sources"), None)
    items = node.items if isinstance(node, SequenceNode) else ()
    return [item for item in items if isinstance(item, MappingNode)]


def _planned(
    files: Files, old: _File, changes: list[surgery.Change], expected: dict[str, Any]
) -> Plan:
    """Plan changes to one file, and check that it would say exactly what it should."""
    if not changes:
        return _plan(files, old, old.text)
    planned = _plan(files, old, surgery.apply(old.text, changes))
    if plain(_read(old.path, planned.after).root) != expected:
        raise ConfigError(
            "die Änderung lässt sich nicht eindeutig in die Datei schreiben", where=str(old.path),
            remedy="sie von Hand eintragen; vermutlich stehen dort Verweise mit & und *",
        )  # fmt: skip
    return planned


def _plan(files: Files, old: _File, body: str | bytes) -> Plan:
    """Return the plan of a file's new text, which keeps its byte order mark; bytes stay as given.

    Raises:
        InvalidConfigError: The list would not be valid.
    """
    before = files[old.path]
    if isinstance(body, str):
        mark = BOM if before.startswith(BOM.encode()) else ""
        body = (mark + body).encode("utf-8")
    return Plan(
        file=old.path, before=before, after=body, seen=catalogue.checksum(files),
        catalogue=catalogue.parse({**files, old.path: body}),
    )  # fmt: skip


@contextmanager
def _locked(path: Path) -> Iterator[dict[Path, bytes]]:
    """Keep other editors out, and yield the files of the list as they are now."""
    try:
        folder = os.open(path.resolve().parent, os.O_RDONLY)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # released when the descriptor is closed
        with without_gc():
            yield catalogue.read_files(path)
    finally:
        os.close(folder)


def _replace(file: Path, body: bytes) -> None:
    """Put new content in the place of a file in one step; its mode stays, a link stays a link."""
    target = file.resolve()
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(stream.fileno(), target.stat().st_mode & 0o7777)
            stream.write(body)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(target)
        folder = os.open(target.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise _unwritable(file, error) from error


def _unwritable(file: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"die Quellenliste lässt sich nicht schreiben ({error.strerror})", where=str(file),
        remedy="Schreibrecht auf Datei und Ordner sowie freien Platz prüfen",
    )  # fmt: skip
