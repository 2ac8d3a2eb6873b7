"""The published JSON Schemas, made from the tables of keys: editors complete and check with them.

`python -m aggregator.config.schema` writes them anew; a test checks that they are current.
"""

import json
from pathlib import Path
from typing import Any

from aggregator.config.keys import ROOT as SOURCES
from aggregator.config.vocabulary import ROOT as VOCABULARY

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FOLDER = Path("schema")


def sources_schema() -> dict[str, Any]:
    """Return the schema of `sources.yaml` and `sources.d/*.yaml`."""
    return {
        "$schema": DIALECT,
        "title": "Querverweis: Quellenliste",
        "description": "sources.yaml und sources.d/*.yaml",
        **SOURCES.schema(),
    }


def vocabulary_schema() -> dict[str, Any]:
    """Return the schema of `vocabulary.yaml`."""
    return {
        "$schema": DIALECT,
        "title": "Querverweis: Vokabular",
        "description": "data/vocabulary.yaml",
        **VOCABULARY.schema(),
    }


def files() -> dict[str, str]:
    """Return the published files: name -> content."""
    schemas = {
        "sources.schema.json": sources_schema(),
        "vocabulary.schema.json": vocabulary_schema(),
    }
    return {
        name: json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
        for name, schema in schemas.items()
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, content in files().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
