"""Planning, rewriting single entries, and what a process that dies while saving leaves behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator import config
from aggregator.config import ConflictError, InvalidConfigError, catalogue, edit
from aggregator.errors import ConfigError, NotFoundError
from tests.config.test_edit import COMMENTED

ROUNDS = int(os.environ.get("QUERVERWEIS_EDIT_ROUNDS", "40"))
KILLS = int(os.environ.get("QUERVERWEIS_SAVE_KILLS", "8"))


MORE = """\
# Mehr
sources:
- # erst der Strich
  id: vier  # vier
  platform: amt
  kind: manual
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A list full of comments, and a second file beside it."""
    file = tmp_path / "sources.yaml"
    file.write_text(COMMENTED, encoding="utf-8")
    (tmp_path / "sources.d").mkdir()
    (tmp_path / "sources.d" / "mehr.yaml").write_text(MORE, encoding="utf-8")
    return file


def everything(path: Path) -> bytes:
    return b"".join(catalogue.read_files(path).values())


# --- planning --------------------------------------------------------------------------------


def test_a_plan_writes_nothing_and_says_what_would_come(path: Path) -> None:
    before = everything(path)

    plan = edit.plan(path, edit.update_of("eins", {"policy": "link"}))

    assert everything(path) == before
    assert plan.before == COMMENTED.encode()
    assert b"policy: link" in plan.after
    assert {str(s.id): s.policy for s in plan.catalogue.sources}["eins"] == "link"
    assert plan.seen == config.load(path).checksum


def test_a_plan_that_changes_nothing_says_so(path: Path) -> None:
    plan = edit.plan(path, edit.update_of("eins", {"kind": "feed"}))

    assert plan.before == plan.after


def test_what_was_planned_on_an_older_list_is_refused(path: Path) -> None:
    plan = edit.plan(path, edit.update_of("eins", {"policy": "link"}))
    edit.set_enabled(path, "zwei", enabled=False)

    with pytest.raises(ConflictError):
        edit.save(path, edit.update_of("eins", {"policy": "link"}), expected_checksum=plan.seen)

    assert "policy: link" not in path.read_text("utf-8")


# --- the lines of one source -----------------------------------------------------------------


@pytest.mark.parametrize("source", ["eins", "zwei", "drei", "vier"])
def test_the_lines_of_a_source_written_back_change_nothing(path: Path, source: str) -> None:
    entry = edit.entry(path, source)

    plan = edit.plan(path, edit.rewriting_of(source, entry.text))

    assert entry.text.startswith("-")
    assert f"id: {source}" in entry.text
    assert plan.before == plan.after


def test_lines_are_rewritten_with_their_comments(path: Path) -> None:
    entry = edit.entry(path, "eins")
    text = entry.text.replace("# drei Leerzeichen", "# jetzt anders").replace("- /news/", "- /neu/")

    edit.save(path, edit.rewriting_of("eins", text), expected_checksum=entry.checksum)

    assert path.read_text("utf-8") == COMMENTED.replace(
        "# drei Leerzeichen", "# jetzt anders"
    ).replace("- /news/", "- /neu/")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("- id: andere\n  platform: amt\n  kind: manual", "Kennung", id="other-id"),
        pytest.param("- id: zwei\n  platform: amt\n  kind: manual\n- id: neu\n  platform: amt\n"
                     "  kind: manual", "Kennung", id="two-entries"),
        pytest.param("- id: zwei\n platform: amt", ".", id="indentation"),
        pytest.param("", ".", id="nothing"),
        pytest.param("- id: zwei\n  platform: amt\n  kind: manuel", "manual", id="unknown-word"),
        pytest.param("- id: zwei\n  platform: [amt", ".", id="no-yaml"),
    ],
)  # fmt: skip
def test_lines_that_are_not_that_source_are_refused(path: Path, text: str, said: str) -> None:
    before = everything(path)

    with pytest.raises(ConfigError, match=said):
        edit.save(path, edit.rewriting_of("zwei", text))

    assert everything(path) == before


def test_a_whole_file_is_replaced_byte_for_byte(path: Path) -> None:
    body = COMMENTED.replace("\n", "\r\n").encode()

    edit.save(path, edit.replacing_of(path, body))

    assert path.read_bytes() == body


def test_only_files_of_the_list_are_replaced(path: Path, tmp_path: Path) -> None:
    outside = tmp_path / "anderes.yaml"
    outside.write_text("bleibt", encoding="utf-8")

    for file in (outside, tmp_path / "sources.d" / ".." / "anderes.yaml", Path("/etc/passwd")):
        with pytest.raises(NotFoundError):
            edit.save(path, edit.replacing_of(file, b"sources: []"))

    assert outside.read_text("utf-8") == "bleibt"


COMMENTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")),
                   max_size=12)  # fmt: skip


@st.composite
def commented_entries(draw: st.DrawFn) -> str:
    """A source with comments anywhere, in one of the layouts that people use."""
    note = st.one_of(st.just(""), COMMENTS.map(lambda told: f"  # {told}"))
    lines = [f"- id: zwei{draw(note)}", f"  platform: amt{draw(note)}", f"  kind: feed{draw(note)}",
             f"  url: https://amt.example/{draw(st.sampled_from('abc'))}{draw(note)}"]  # fmt: skip
    extra = [
        ["  include:", "    - /a/  # x", "    # y", "    - '/b/'"],
        ["  budget: {requests: 7,  time: 5m}"],
        ["  expect:", "    min_entries: 3", "", "    max_age: 60d"],
        [f"  # {draw(COMMENTS)}"],
        [""],
        ["  licence: >", "    Eine", "    Lizenz"],
        ["  every:   2h"],
    ]
    for piece in draw(st.lists(st.sampled_from(extra), max_size=4, unique_by=str)):
        lines += piece
    lines += [f"  policy: {draw(st.sampled_from(['full', 'excerpt', 'link']))}"]
    return "\n".join(lines)


@settings(max_examples=ROUNDS, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(text=commented_entries(), windows=st.booleans(), mark=st.booleans(), data=st.data())
def test_random_edits_of_commented_files_never_lose_a_byte(
    path: Path, text: str, data: st.DataObject, *, windows: bool, mark: bool
) -> None:
    start = ("\ufeff" if mark else "") + COMMENTED
    path.write_bytes((start.replace("\n", "\r\n") if windows else start).encode())
    original = path.read_bytes()
    edit.save(path, edit.rewriting_of("zwei", text))
    written = edit.entry(path, "zwei")
    assert written.text == text, "what a person wrote is what stands there"
    around = COMMENTED.split("  - {id: zwei", 1)
    told = path.read_bytes().decode().replace("\r\n", "\n").removeprefix("\ufeff")
    assert told.startswith(around[0])
    assert told.endswith(around[1].split("\n", 1)[1])
    key = data.draw(st.sampled_from(["policy", "url", "every", "language"]))
    value = {"policy": "link", "url": "https://amt.example/neu", "every": "3h", "language": "en"}[
        key
    ]
    edit.save(path, edit.update_of("zwei", {key: value}))
    lines, now = text.split("\n"), edit.entry(path, "zwei").text.split("\n")
    other = [line for line in lines if not line.lstrip().startswith(f"{key}:")]
    assert [line for line in now if not line.lstrip().startswith(f"{key}:")] == other
    edit.save(path, edit.replacing_of(path, original))
    assert path.read_bytes() == original, "an earlier state comes back to the byte"


# --- dying while saving ----------------------------------------------------------------------

SAVER = """
import sys
from pathlib import Path
from aggregator.config import edit
path = Path(sys.argv[1])
turn = 0
while True:
    turn += 1
    edit.save(path, edit.update_of("eins", {"licence": "Lizenz " + "x" * (1 + turn % 7 * 1000)}))
    if turn == 1:
        print("bereit", flush=True)
"""


def test_a_process_killed_while_saving_leaves_the_old_or_the_new_file(path: Path) -> None:
    states = set()
    for turn in range(KILLS):
        saver = subprocess.Popen([sys.executable, "-c", SAVER, str(path)], stdout=subprocess.PIPE)
        assert saver.stdout
        saver.stdout.readline()
        end = time.monotonic() + 0.02 + (turn % 6) * 0.013
        while time.monotonic() < end:
            pass
        saver.send_signal(signal.SIGKILL)
        saver.wait()
        saver.stdout.close()

        found = config.load(path)  # it can be read, and everything is there

        assert [str(s.id) for s in found.sources] == ["eins", "zwei", "drei", "vier"]
        text = path.read_text("utf-8")
        lines = [line for line in text.splitlines() if not line.startswith("    licence: Lizenz")]
        assert lines == COMMENTED.splitlines()
        states.add(text)
    assert len(states) > 1, "some of them saved"
    edit.set_enabled(path, "zwei", enabled=False)  # no lock is left behind


def test_what_a_killed_save_left_beside_the_list_is_no_part_of_it(path: Path) -> None:
    (path.parent / "sources.d" / ".mehr.yaml.abc123").write_text("sources: [", encoding="utf-8")
    (path.parent / ".sources.yaml.abc123").write_text("sources: [", encoding="utf-8")

    assert len(config.load(path).sources) == 4


def test_an_entry_that_is_not_there_is_not_found(path: Path) -> None:
    with pytest.raises(NotFoundError, match="fünf"):
        edit.entry(path, "fünf")


def test_a_list_with_mistakes_is_told_with_its_lines(path: Path) -> None:
    with pytest.raises(InvalidConfigError, match=":3"):
        edit.save(path, edit.replacing_of(path, b"sources:\n  - id: x\n    plattform: amt\n"))
