"""Writing the source list: one change, everything else byte for byte as a person left it.

Nothing is written that would not load. The new file replaces the old in one step (temporary file
in the same folder, fsync, rename), and an editor that saw an older state is refused.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
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
    with _locked(path) as files:
        _expect(files, expected_checksum)
        old = _read(path, files[path])
        expected = plain(old.root)
        changes: list[surgery.Change] = []
        for section, definitions in (("platforms", platforms), ("sources", sources)):
            if definitions:
                entries = [_cleaned(definition) for definition in definitions]
                changes += surgery.append(old.text, old.root, section, entries)
                expected[section] = [*(expected.get(section) or ()), *map(_told, entries)]
        return _write(files, old, changes, expected)


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
    if changes.get("id", source_id) != source_id:
        raise ConfigError(
            f"die Kennung „{source_id}“ kann sich nicht ändern", where="id",
            remedy="eine neue Quelle anlegen; Einträge und Entscheidungen hängen an der Kennung",
        )  # fmt: skip
    with _locked(path) as files:
        _expect(files, expected_checksum)
        old, index = _find(files, source_id)
        cleaned = _cleaned(changes)
        edits = surgery.set_keys(old.text, _entries(old.root)[index], cleaned)
        expected = plain(old.root)
        expected["sources"][index] = _told({**expected["sources"][index], **cleaned})
        return _write(files, old, edits, expected)


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


def _expect(files: Mapping[Path, bytes], expected: str | None) -> None:
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


def _write(
    files: dict[Path, bytes], old: _File, changes: list[surgery.Change], expected: dict[str, Any]
) -> Catalogue:
    """Change one file, check that it says exactly what it should, and put it in place."""
    if not changes:
        return catalogue.parse(files)
    mark = BOM if files[old.path].startswith(BOM.encode()) else ""
    body = (mark + surgery.apply(old.text, changes)).encode("utf-8")
    loaded = catalogue.parse({**files, old.path: body})
    if plain(_read(old.path, body).root) != expected:
        raise ConfigError(
            "die Änderung lässt sich nicht eindeutig in die Datei schreiben", where=str(old.path),
            remedy="sie von Hand eintragen; vermutlich stehen dort Verweise mit & und *",
        )  # fmt: skip
    _replace(old.path, body)
    return loaded


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
