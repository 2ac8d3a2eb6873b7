"""The secret that vouches for cookies and forms: from the environment, a file, or made once."""

import logging
import os
import secrets
from pathlib import Path

from aggregator.errors import ConfigError

VARIABLE = "AGGREGATOR_SECRET"
FILE = "secret.key"
LEAST = 16  # characters of a secret that somebody chose


def secret_key(data: Path, file: str) -> bytes:
    """Return the secret of an installation.

    Args:
        data: The data folder, where a secret is made and kept if none is given.
        file: The setting `secret_file`.

    Where nothing can be kept, the secret lasts as long as the process: then nobody can sign in
    either, since no session can be stored.

    Raises:
        ConfigError: The secret that was given is too short to be one.
    """
    told = os.environ.get(VARIABLE, "").encode()
    path = Path(file) if file else data / FILE
    try:
        if not told and not file and not path.exists():
            _make(path)
        told = told or path.read_bytes().strip()
    except OSError as error:
        logging.getLogger(__name__).warning("no secret can be kept in %s: %s", path, error)
        return secrets.token_bytes(32)
    if len(told) < LEAST:
        raise ConfigError(
            f"das Geheimnis hat weniger als {LEAST} Zeichen", where=str(path),
            remedy="ein langes wählen, etwa mit `openssl rand -hex 32`",
        )  # fmt: skip
    return told


def _make(path: Path) -> None:
    """Make a secret that nobody but us can read; of two processes the quicker wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(own, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(secrets.token_hex(32).encode())
    try:
        path.hardlink_to(own)  # whole or not at all, and never over another one
    except FileExistsError:
        return
    finally:
        own.unlink()
