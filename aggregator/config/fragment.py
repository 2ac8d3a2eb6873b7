"""Sources that are not saved yet: a piece of YAML, read as if it stood in the list."""

from pathlib import Path

from aggregator.config import catalogue
from aggregator.errors import ConfigError
from aggregator.model import Catalogue, Source


def with_fragment(path: Path, text: str, name: str) -> tuple[Catalogue, tuple[Source, ...]]:
    """Return the list as it would be with a fragment, and the sources of the fragment.

    Args:
        path: `sources.yaml`; nothing is written.
        text: One or more entries of `sources` (`- id: ...`), or a file with the keys `platforms`
            and `sources` of its own.
        name: What to call the fragment in mistakes.

    Raises:
        InvalidConfigError: The list with the fragment would not be valid; lines are those of the
            fragment.
        ConfigError: The fragment has no source.
    """
    files = catalogue.read_files(path)
    before = {source.id for source in catalogue.parse(files).sources}
    body = text if _is_whole(text) else f"sources:\n{_as_list(text)}"
    loaded = catalogue.parse({**files, path.parent / name: body.encode("utf-8")})
    added = tuple(source for source in loaded.sources if source.id not in before)
    if not added:
        raise ConfigError("kein neuer Eintrag einer Quelle", where=name,
                          remedy="einen Eintrag mit „- id: …“ beginnen")  # fmt: skip
    return loaded, added


def _is_whole(text: str) -> bool:
    return any(line.startswith(("sources:", "platforms:")) for line in text.splitlines())


def _as_list(text: str) -> str:
    """Return an entry without its dash as a list of one."""
    return "- " + text.replace("\n", "\n  ") if text.lstrip().startswith("id:") else text
