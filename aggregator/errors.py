"""The exceptions that we raise on purpose.

    AggregatorError                 code, message, where, remedy
      ConfigError                   sources.yaml, settings or vocabulary are wrong
      FetchError                    an HTTP exchange did not give a usable body
        RefusedError                the guard or robots.txt say no; nothing was sent
        StatusError                 4xx or 5xx
      ParseError                    a body that we could not understand
      StoreError                    SQLite said no for a reason outside the code
      NotFoundError                 -> HTTP 404, exit code 2
      QueryError                    a search query that we cannot read -> HTTP 400, exit code 2

Each carries a `Code` and, where there is one, a remedy in one sentence for the admin. Messages for
staff are German.
"""

from datetime import timedelta

from aggregator.model import Code


class AggregatorError(Exception):
    """Base of all; `str()` is the message with its place.

    Args:
        message: What happened, one sentence without a full stop.
        where: File and line, address or field.
        remedy: What to do about it, one sentence; "" when nothing is known.
    """

    code: Code = Code.PARSE_FAILED

    def __init__(
        self, message: str, *, code: Code | None = None, where: str = "", remedy: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message

    def document(self) -> dict[str, dict[str, str]]:
        """Return the error document of the contract."""
        return {
            "error": {
                "code": str(self.code),
                "message": self.message,
                "where": self.where,
                "remedy": self.remedy,
            }
        }


class ConfigError(AggregatorError):
    """The configuration is wrong; nothing was touched."""

    code = Code.CONFIG_INVALID


class FetchError(AggregatorError):
    """An HTTP exchange did not give a usable body.

    `retryable` says whether the fault is likely to pass by itself; `retry_after` is the
    server's own wish (RFC 9110 10.2.3).
    """

    code = Code.HTTP_ERROR

    def __init__(
        self,
        message: str,
        *,
        code: Code | None = None,
        where: str = "",
        remedy: str = "",
        retryable: bool = True,
        retry_after: timedelta | None = None,
        status: int | None = None,
        elapsed_ms: int = 0,
    ) -> None:
        super().__init__(message, code=code, where=where, remedy=remedy)
        self.retryable = retryable
        self.retry_after = retry_after
        self.status = status
        self.elapsed_ms = elapsed_ms


class RefusedError(FetchError):
    """We refuse to send the request: a private address, or robots.txt."""

    code = Code.ADDRESS_REFUSED


class StatusError(FetchError):
    """The server answered with an error; `status` is set."""

    code = Code.HTTP_ERROR


class ParseError(AggregatorError):
    """A body that we could not understand."""

    code = Code.PARSE_FAILED


class StoreError(AggregatorError):
    """SQLite said no for a reason outside the code: locked, full, corrupt, too new."""

    code = Code.OFFLINE


class NotFoundError(AggregatorError):
    """What was named does not exist; `nearest` are ids or names that do."""

    code = Code.NOT_FOUND

    def __init__(self, message: str, *, nearest: tuple[str, ...] = (), where: str = "",
                 remedy: str = "") -> None:  # fmt: skip
        super().__init__(message, where=where, remedy=remedy)
        self.nearest = nearest


class QueryError(AggregatorError):
    """A search query that we cannot read."""

    code = Code.QUERY_INVALID
