"""The bundled demo platforms: invented content, served over HTTP on loopback.

`Replica` answers under the names of the platforms of the mission and of six invented ones, in the
dialects of their software; `truth.json` says what a perfect crawl would know of them. See
`docs/replica.md`.
"""

from aggregator.replica.server import Exchange, Replica

__all__ = ["Exchange", "Replica"]
