"""Where bodies are read: the one place that decides in which process a parser runs."""

from aggregator import reading, store
from aggregator.model import Fetched, Platform, Source


class Readers:
    """Reads bodies for all threads of a refresh; `close` it when they have ended."""

    def read(
        self,
        source: Source,
        platform: Platform,
        visit: store.commit.Visit,
        answer: Fetched,
        fetch_more: reading.FetchMore,
    ) -> reading.Read:
        """Turn a body into a step, as `reading.read` does.

        Raises:
            ParseError: The body could not be understood.
            FetchError: What it needs could not be had.
        """
        return reading.read(source, platform, visit, answer, fetch_more)

    def close(self) -> None:
        """Let go of what reading needed."""
