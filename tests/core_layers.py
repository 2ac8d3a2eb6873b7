"""The modules whose branches must be covered to 95 %: the core, as patterns for coverage."""

CORE = (
    "aggregator/model.py", "aggregator/errors.py", "aggregator/clock.py", "aggregator/urls.py",
    "aggregator/dates.py", "aggregator/timing.py", "aggregator/items.py", "aggregator/judge.py",
    "aggregator/usual.py", "aggregator/belief.py", "aggregator/diff.py", "aggregator/reading.py",
    "aggregator/records/*", "aggregator/pipeline.py", "aggregator/visiting.py",
    "aggregator/derive.py", "aggregator/query.py", "aggregator/text/*", "aggregator/links/*",
    "aggregator/parse/*", "aggregator/store/*",
)  # fmt: skip

if __name__ == "__main__":
    print(",".join(CORE))  # noqa: T201 (the Makefile reads it)
