"""The shape of the code: what keeps it readable is checked like everything else."""

import ast
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from aggregator.cli import COMMANDS, LazyGroup, group, inspect
from aggregator.config import keys
from aggregator.model import SourceKind
from aggregator.parse import PARSERS, presets
from tests.parse import golden

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for part in ("aggregator", "web") for path in (ROOT / part).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MAX_LINES, MAX_FUNCTION_LINES, MAX_PARAMETERS = 500, 60, 8
PAGES = (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
DOCS = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
HEAVY = ("httpx", "httpcore", "flask", "feedparser", "trafilatura", "lxml", "yaml", "apscheduler")
# What only a machine that builds this would write: home, scratch and mount folders.
MACHINE_PATHS = re.compile(r"(?<![\w.:/-])/(?:work|home|root|tmp|mnt|Users|builds)/[\w.-]+")
BINARY = {".png", ".pdf", ".woff2", ".ico", ".gz"}


def place(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    given = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return sum(1 for argument in given if argument.arg not in ("self", "cls"))


# --- sizes -----------------------------------------------------------------------------------


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    lengths = {place(p): len(p.read_text(encoding="utf-8").splitlines()) for p in MODULES + TESTS}

    assert {name: n for name, n in lengths.items() if n > MAX_LINES} == {}


def test_no_function_is_too_long_to_be_seen_at_once() -> None:
    lengths = {
        f"{place(path)}:{f.name}": (f.end_lineno or 0) - f.lineno + 1
        for path in MODULES + TESTS
        for f in functions(path)
    }

    assert {name: n for name, n in lengths.items() if n > MAX_FUNCTION_LINES} == {}


def test_no_function_wants_more_than_can_be_kept_in_mind() -> None:
    wanted = {f"{place(path)}:{f.name}": parameters(f) for path in MODULES for f in functions(path)}

    assert {name: n for name, n in wanted.items() if n > MAX_PARAMETERS} == {}


def test_every_module_says_what_it_knows() -> None:
    silent = [
        place(path)
        for path in MODULES
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert silent == []


# --- layers ----------------------------------------------------------------------------------


def test_imports_point_down() -> None:
    code = "from importlinter import cli\nraise SystemExit(cli.lint_imports(no_cache=True))"

    # In a process of its own: import-linter silences the loggers of the one that it runs in.
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout


def test_help_imports_no_library_that_takes_time() -> None:
    code = (
        "import sys\nfrom aggregator.cli import run\nassert run(['--help']) == 0\n"
        "print(*sys.modules, file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert set(done.stderr.split()) & set(HEAVY) == set()


# --- completeness ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SourceKind)
def test_every_kind_of_source_has_a_parser_an_explanation_and_cases(kind: SourceKind) -> None:
    rows = re.findall(r"^\| `([\w-]+)` \|", section("docs/sources.md", "kind"), re.MULTILINE)
    assert kind in rows
    page = (ROOT / "docs" / "kinds" / f"{kind}.md").read_text(encoding="utf-8")
    assert f"kind: {kind}\n" in page, "its page has an example"
    told = json.loads((ROOT / "schema" / "sources.schema.json").read_text(encoding="utf-8"))
    source = told["properties"]["sources"]["items"]["properties"]
    assert kind in source["kind"]["enum"]
    if kind is SourceKind.MANUAL:
        assert kind not in PARSERS
        return

    assert kind in PARSERS
    if kind is not SourceKind.DOCUMENT:  # whose cases are made by tests/parse/pdf.py
        assert list((ROOT / "tests" / "corpus" / kind).glob("*.expected.json"))


@pytest.mark.parametrize("kind", sorted(set(PARSERS) - {SourceKind.DOCUMENT}))
def test_every_parser_is_independent_named_golden_and_survives_anything(kind: SourceKind) -> None:
    function = f"parse_{kind.replace('-', '_')}"
    defined = [path.stem for path in (ROOT / "aggregator" / "parse").glob("*.py")
               if f"\ndef {function}(" in path.read_text(encoding="utf-8")]  # fmt: skip
    assert len(defined) == 1
    contracts = (ROOT / ".importlinter").read_text(encoding="utf-8")
    independent = contracts.partition("parsers-independent")[2].partition("[importlinter")[0]
    assert f"    aggregator.parse.{defined[0]}\n" in independent
    assert kind in inspect.NAMES
    assert kind in golden.PARSERS
    assert function in (ROOT / "tests" / "parse" / "test_any_bytes.py").read_text(encoding="utf-8")


def test_words_of_the_source_list_are_those_that_the_parsers_know() -> None:
    assert {key.name for key in keys.SELECTOR_KEYS.keys} == set(presets.FIELDS)


def section(file: str, title: str) -> str:
    """Return the text under a heading, up to the next one."""
    text = (ROOT / file).read_text(encoding="utf-8")
    found = re.search(rf"^##+ {title}\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"{file} has no heading {title!r}"
    return found[1]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_called_helps_and_is_documented(name: str) -> None:
    module, help_line = COMMANDS[name]
    command = getattr(importlib.import_module(module), f"{name}_command")

    assert isinstance(command, click.Command)
    assert command.help
    assert help_line.endswith(".")
    assert f"aggregator {name}" in DOCS


def test_every_option_says_what_it_does() -> None:
    silent = []
    context = click.Context(group)
    assert isinstance(group, LazyGroup)
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        inner = command.commands.values() if isinstance(command, click.Group) else ()
        for one in (command, *inner):
            silent += [
                f"{name} {one.name} {option.opts[0]}"
                for option in one.params
                if isinstance(option, click.Option) and not option.help
            ]

    assert silent == []


@pytest.mark.parametrize(
    "name",
    ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "publiccode.yml",
     "docs/architecture.md", "docs/glossary.md", "requirements.lock"],
)  # fmt: skip
def test_what_a_project_needs_beside_code_is_there(name: str) -> None:
    assert (ROOT / name).stat().st_size > 100


def test_no_file_names_a_folder_of_the_machine_that_made_it() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout: nothing is committed")
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in BINARY or not path.is_file() or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{name}: {match[0]}" for match in MACHINE_PATHS.finditer(text)]

    assert found == []


def test_sql_stands_in_the_store_alone() -> None:
    statement = re.compile(r"\b(SELECT .+ FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b")

    outside = [
        str(file.relative_to(ROOT))
        for folder in ("aggregator", "web")
        for file in sorted((ROOT / folder).rglob("*.py"))
        if "store" not in file.parts and statement.search(file.read_text("utf-8"))
    ]

    assert outside == []
