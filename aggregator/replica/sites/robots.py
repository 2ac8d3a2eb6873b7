"""What robots.txt of each host says, as a table: the paths, the pause, the sitemap."""

from dataclasses import dataclass

from aggregator.replica.values import (
    AGENCY,
    ARCHIVE_HOST,
    HOSTS,
    LEAGUE,
    MINISTRY,
    NETWORKS,
    PAPER,
    PORTAL,
    PROVIDER,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The group for all robots of one host."""

    disallow: tuple[str, ...]
    allow: tuple[str, ...] = ()
    crawl_delay: int = 0  # seconds; 0: none is stated

    def text(self) -> str:
        """Return the file (RFC 9309; Crawl-delay is an extension)."""
        lines = ["User-agent: *", *(f"Disallow: {path}" for path in self.disallow)]
        lines += [f"Allow: {path}" for path in self.allow]
        if self.crawl_delay:
            lines.append(f"Crawl-delay: {self.crawl_delay}")
        return "\n".join(lines) + "\n"

    def forbid(self, path: str) -> bool:
        """Whether a path is forbidden (the longest match wins, RFC 9309 2.2.2)."""
        longest = max((len(p) for p in self.disallow if path.startswith(p)), default=-1)
        return longest > max((len(p) for p in self.allow if path.startswith(p)), default=-1)


RULES = {
    HOSTS[MINISTRY]: Rules(
        disallow=("/SiteGlobals/", "/DE/Service/", "/EN/Service/",
                  "/SharedDocs/kurzmeldungen/Webs/DV/DE/intern/"),
        allow=("/SiteGlobals/Modules/", "/SiteGlobals/StyleBundles/", "/SiteGlobals/Frontend/"),
        crawl_delay=10,
    ),
    HOSTS[NETWORKS]: Rules(
        disallow=("/SiteGlobals/", "/DE/Service/"), allow=("/SiteGlobals/Frontend/",),
        crawl_delay=5,
    ),
    HOSTS[AGENCY]: Rules(disallow=("/typo3/", "/suche"), crawl_delay=3),
    HOSTS[PAPER]: Rules(disallow=("/wp-admin/", "/abo/"), allow=("/wp-admin/admin-ajax.php",)),
    HOSTS[LEAGUE]: Rules(disallow=("/administrator/", "/intern/", "/cache/"), crawl_delay=2),
    HOSTS[PROVIDER]: Rules(disallow=("/kundenbereich/",)),
    HOSTS[PORTAL]: Rules(disallow=("/dataset/rate/", "/user/", "/revision/"), crawl_delay=2),
    ARCHIVE_HOST: Rules(disallow=("/styles/",)),
}  # fmt: skip


def is_forbidden(host: str, path: str) -> bool:
    """Whether a host, with or without `www.`, forbids a path."""
    rules = RULES.get(host) or RULES.get(f"www.{host}")
    return rules is not None and rules.forbid(path)
