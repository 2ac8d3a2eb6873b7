# One entrance. `make help` lists what there is; `make test` is what CI runs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DATA   ?= data
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: wheels offline help demo run test check lint types arch conformance fuzz bench lock audit clean

help: ## diese Übersicht
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): installer.lock requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement installer.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q aggregator web
	@touch $(STAMP)

demo: $(STAMP) ## Demo-Plattformen abrufen und den Index zeigen (Strg-C beendet)
	$(BIN)/aggregator demo

run: $(STAMP) ## Index mit den eigenen Quellen (sources.yaml) zeigen
	$(BIN)/aggregator --data $(DATA) serve

test: $(STAMP) ## alle Prüfungen und Tests
	sh tests/browser/install.sh
	sh tests/node_tools.sh
	$(MAKE) --no-print-directory check
	rm -f .coverage .coverage.*
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=
	$(BIN)/coverage report --skip-covered --skip-empty --fail-under=90
	$(BIN)/coverage report --include="$$($(BIN)/python tests/core_layers.py)" --fail-under=95 --format=total

full: ## wie test, aber ohne Chromium schlägt es fehl
	QUERVERWEIS_FULL=1 QUERVERWEIS_AXE=all $(MAKE) --no-print-directory test

check: lint types arch ## Stil, Typen, Architektur

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

arch: $(STAMP)
	$(BIN)/lint-imports

fuzz: $(STAMP) ## 5.000 Anfragen nach openapi.json, mit und ohne Anmeldung
	QV_FUZZ=6500 $(BIN)/python -m pytest tests/web/test_fuzz.py

conformance: $(STAMP) ## gegen echte Daten prüfen: CORPUS=Ordner
	QUERVERWEIS_CORPUS="$(CORPUS)" $(BIN)/python -m pytest tests/conformance

bench: $(STAMP) ## Messungen; Ergebnisse in benchmarks/README.md
	$(BIN)/python benchmarks/import_and_derive.py

wheels: $(STAMP) ## alles für eine Installation ohne Verbindung nach wheels/ laden
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --require-hashes --dest wheels --requirement installer.lock
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --require-hashes --dest wheels --requirement requirements.lock

offline: ## aus wheels/ installieren, ohne Verbindung
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels --require-hashes --requirement installer.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

audit: $(STAMP) ## Schwachstellen im Code und der Abhängigkeiten (braucht eine Verbindung)
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive aggregator web
	$(BIN)/pip-audit --strict --requirement requirements.lock --disable-pip

lock: $(STAMP) ## Abhängigkeiten neu festschreiben (braucht uv)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url installer.in --output-file installer.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url --extra dev --extra oidc pyproject.toml build.in --output-file requirements.lock

clean: ## Umgebung und Zwischenstände entfernen
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
