"""The source list, the settings and the vocabulary: the only home of YAML."""

from datetime import timedelta

from aggregator.config.catalogue import fingerprint, load
from aggregator.config.mistakes import ConflictError, InvalidConfigError, Mistake, WrongError
from aggregator.config.settings import Settings, load_settings
from aggregator.config.values import positive_duration
from aggregator.config.vocabulary import Topic, Vocabulary, rules_in, vocabulary
from aggregator.errors import ConfigError

__all__ = [
    "ConflictError",
    "InvalidConfigError",
    "Mistake",
    "Settings",
    "Topic",
    "Vocabulary",
    "duration",
    "fingerprint",
    "load",
    "load_settings",
    "rules_in",
    "vocabulary",
]


def duration(text: str) -> timedelta:
    """Read a duration such as `30m`, `2h` or `7d`.

    Raises:
        ConfigError: It is none, or zero.
    """
    try:
        return positive_duration(text)
    except WrongError as error:
        raise ConfigError(error.cause, remedy=error.remedy) from error
