"""Whether a feed is read by the fast path or by feedparser; one answer for the process."""


class _Current:
    wanted = True


def prefer(*, wanted: bool) -> None:
    """Let plain feeds be read without feedparser, or all of them with it, in this process."""
    _Current.wanted = wanted
