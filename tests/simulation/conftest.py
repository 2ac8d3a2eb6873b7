"""Crawls over simulated days; fixtures of the crawl and of the pages are those of their tests."""

from tests.pipeline.conftest import crawl, web
from tests.web.conftest import app, client, word_forms

__all__ = ["app", "client", "crawl", "web", "word_forms"]
