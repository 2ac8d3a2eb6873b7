"""Lighthouse over pages of a running index: the median of several rounds for each category.

    python benchmarks/lighthouse.py http://127.0.0.1:8080 / /search?q=register

Needs Node 20 with npx, and a Chromium. Performance is measured with Lighthouse's own throttling: a
slow phone on a slow line, simulated.
"""

import argparse
import json
import shutil
import subprocess
import sys
from statistics import median
from typing import Any

VERSION = "12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
CHROME = "--headless=new --no-sandbox --disable-gpu"
PAGES = ("/", "/search?q=register", "/items", "/platforms", "/matrix", "/coverage", "/lookup")


def audit(url: str) -> dict[str, Any]:
    """Run Lighthouse once on one page; return its report."""
    npx = shutil.which("npx")
    if npx is None:
        sys.exit("npx is missing: install Node 20 or newer")
    done = subprocess.run(
        [npx, "--yes", f"lighthouse@{VERSION}", url, "--output=json", "--quiet",
         f"--chrome-flags={CHROME}", f"--only-categories={','.join(CATEGORIES)}"],
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def scores(report: dict[str, Any]) -> dict[str, float]:
    """Return the score of each category, 0 to 100."""
    return {name: 100 * (report["categories"][name]["score"] or 0) for name in CATEGORIES}


def failed(report: dict[str, Any]) -> list[str]:
    """Return what cost points: audit and score."""
    told = []
    for name in CATEGORIES:
        for part in report["categories"][name]["auditRefs"]:
            one = report["audits"][part["id"]]
            if part["weight"] and one["score"] is not None and one["score"] < 1:
                told.append(
                    f"{part['id']} {one['score']:.2f} {one.get('displayValue', '')}".strip()
                )
    return told


def main() -> None:
    """Print a row for each page: the medians, and what cost points in any round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("pages", nargs="*", default=PAGES)
    parser.add_argument("--rounds", type=int, default=5)
    told = parser.parse_args()
    print(f"{'page':30}", *(f"{name:>15}" for name in CATEGORIES))
    for page in told.pages:
        reports = [audit(told.address.rstrip("/") + page) for _ in range(told.rounds)]
        rounds = [scores(report) for report in reports]
        row = [median(one[name] for one in rounds) for name in CATEGORIES]
        print(f"{page:30}", *(f"{value:15.0f}" for value in row), flush=True)
        for line in sorted({line for report in reports for line in failed(report)}):
            print(f"    {line}")


if __name__ == "__main__":
    main()
