"""Passwords: argon2id hashes (RFC 9106, second recommended choice), and what is no password.

The parameters stand in each hash; one made with older ones is replaced at the next sign-in.
"""

import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from aggregator.errors import ConfigError

LEAST = 12  # characters, as NIST SP 800-63B and BSI ORP.4 find enough without rules of composition
MOST = 200  # a longer one only keeps the processor busy
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is mistaken for something else
GROUPS, GROUP = 5, 4  # of a generated password: 99 bits

_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
_one_at_a_time = threading.Lock()  # a hash takes 64 MiB: many sign-ins must not take them all
_COMMON = ("passwort", "password", "kennwort", "querverweis", "verwaltung", "123456", "qwertz",
           "qwerty", "abcdef", "geheim", "hallo", "willkommen")  # fmt: skip
_LEAST_DIFFERENT = 5  # different characters that a password needs


def hash_of(password: str) -> str:
    """Return the hash that is stored."""
    with _one_at_a_time:
        return _hasher.hash(password)


def fits(password: str, stored: str | None) -> bool:
    """Return whether a password is the one of a hash.

    Without a hash (no such account, or one that signs in elsewhere) the same work is done, so that
    the time of the answer tells nobody which names exist.
    """
    with _one_at_a_time:
        try:
            _hasher.verify(stored or _nobody(), password[:MOST])
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Return whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def generated() -> str:
    """Return a password to be handed over: five groups of four characters."""
    return "-".join(
        "".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS)
    )  # fmt: skip


def check(password: str, name: str) -> None:
    """Refuse what is guessed first; length is all that else is asked for.

    Raises:
        ConfigError: Too short, too long, too simple, or much like the name.
    """
    remedy = f"mindestens {LEAST} Zeichen, etwa vier Wörter, die nicht zusammengehören"
    folded = password.casefold()
    rest = folded
    for word in (name.casefold(), *_COMMON):
        rest = rest.replace(word, "") if word else rest
    if not LEAST <= len(password) <= MOST:
        raise ConfigError(f"das Passwort muss {LEAST} bis {MOST} Zeichen haben", remedy=remedy)
    if len(set(folded)) < _LEAST_DIFFERENT or len(rest) < LEAST // 2:
        raise ConfigError("das Passwort ist leicht zu raten", remedy=remedy)


@cache
def _nobody() -> str:
    """Return the hash of a password that nobody knows."""
    return _hasher.hash(secrets.token_hex())
