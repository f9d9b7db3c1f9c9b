"""The totals at the end of `make test`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).parents[3] / "scripts" / "run_tests.py"


def run(folder: Path, *suites: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, RUNNER, "--pytest=-p no:cacheprovider", *suites],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # they take most of the time
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines()[-1] if done.stdout else ""


def write(folder: Path, suite: str, text: str) -> None:
    (folder / suite).mkdir()
    (folder / suite / f"test_{suite}.py").write_text(text)


@pytest.mark.slow
def test_the_suites_are_summed_up(tmp_path: Path) -> None:
    write(tmp_path, "one", "def test_a(): pass\ndef test_b(): pass\n")
    write(tmp_path, "two", "import pytest\ndef test_c(): pytest.skip('no')\n")
    assert run(tmp_path, "one", "two", "three") == (0, "2 passed, 0 failed, 1 skipped")


@pytest.mark.slow
def test_one_failure_fails_the_whole(tmp_path: Path) -> None:
    write(tmp_path, "one", "def test_a(): assert False\n")
    write(tmp_path, "two", "def test_b(): pass\n")
    assert run(tmp_path, "one", "two") == (1, "1 passed, 1 failed, 0 skipped")


@pytest.mark.slow
def test_a_suite_that_dies_counts_as_a_failure(tmp_path: Path) -> None:
    write(tmp_path, "one", "import os\ndef test_a(): os._exit(7)\n")
    write(tmp_path, "two", "def test_b(): pass\n")
    assert run(tmp_path, "one", "two") == (1, "1 passed, 1 failed, 0 skipped")


@pytest.mark.slow
def test_slow_tests_are_left_out_where_it_must_be_fast(tmp_path: Path) -> None:
    write(
        tmp_path, "one", "import pytest\ndef test_a(): pass\n@pytest.mark.slow\ndef test_b(): assert False\n"
    )
    assert run(tmp_path, "--fast", "--pytest=-Wignore", "one") == (0, "1 passed, 0 failed, 0 skipped")
    assert run(tmp_path, "--pytest=-Wignore", "one") == (1, "1 passed, 1 failed, 0 skipped")


WAITING = """
import pathlib, time
def test_it():
    pathlib.Path("{own}").touch()
    while not pathlib.Path("{other}").exists():
        time.sleep(0.01)
"""
LATER = """
import pathlib
def test_it(): assert pathlib.Path("chaos.txt").exists()
"""


@pytest.mark.slow
def test_groups_run_at_the_same_time_and_their_suites_one_after_another(tmp_path: Path) -> None:
    write(tmp_path, "chaos", WAITING.format(own="chaos.txt", other="more.txt"))
    write(tmp_path, "more", WAITING.format(own="more.txt", other="chaos.txt"))
    write(tmp_path, "story", LATER)
    assert run(tmp_path, "--servers=env", "story", "more", "chaos") == (1, "2 passed, 1 failed, 0 skipped")
    for file in tmp_path.glob("*.txt"):
        file.unlink()
    assert run(tmp_path, "--servers=env", "more", "chaos", "story") == (0, "3 passed, 0 failed, 0 skipped")


@pytest.mark.slow
def test_a_suite_that_needs_a_core_for_itself_follows_all_others(tmp_path: Path) -> None:
    write(tmp_path, "bus", LATER)
    write(tmp_path, "more", "def test_a(): pass\n")
    write(
        tmp_path,
        "chaos",
        "import pathlib, time\ndef test_b(): time.sleep(1); pathlib.Path('chaos.txt').touch()\n",
    )
    assert run(tmp_path, "--servers=env", "bus", "more", "chaos") == (0, "3 passed, 0 failed, 0 skipped")


@pytest.mark.slow
def test_a_group_of_which_nothing_is_selected_is_no_failure(tmp_path: Path) -> None:
    write(tmp_path, "bus", "def test_a(): pass\n")
    write(tmp_path, "story", "def test_b(): pass\n")
    assert run(tmp_path, "--servers=env", "--pytest=-k test_a", "bus", "story") == (
        0, "1 passed, 0 failed, 0 skipped",
    )  # fmt: skip
    assert run(tmp_path, "--servers=env", "--pytest=-k test_c", "bus", "story")[0] == 1


@pytest.mark.slow
def test_a_group_without_servers_is_a_failure(tmp_path: Path) -> None:
    write(tmp_path, "bus", "def test_a(): pass\n")
    write(tmp_path, "story", "def test_b(): pass\n")
    assert run(tmp_path, "--servers=false", "bus", "story") == (1, "0 passed, 2 failed, 0 skipped")


def test_no_test_at_all_is_a_failure(tmp_path: Path) -> None:
    assert run(tmp_path, "one")[0] == 1
