"""Other accounts of the machine can't read what Space stores."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import Settings
from space import private_files


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def settings(home: Path, **more: str) -> Settings:
    return Settings.from_environment({"SPACE_HOME": str(home), **more})


def made(path: Path, permissions: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    path.chmod(permissions)
    return path


def test_files_of_an_earlier_release_are_tightened(tmp_path: Path) -> None:
    home = tmp_path / "space"
    names = (
        "people.sqlite",
        "people.sqlite-wal",
        "gazetteer-2.sqlite",
        "rebuild-search.sqlite",
        "demo-passwords.json",
        "space.log",
        "uploads/2026/a.jpg",
        "logs/space.log",
        "backups/all.tar",
        "mail/in/1.eml",
    )
    files = [made(home / name) for name in names]
    folders = [home / "uploads", home / "uploads/2026", home / "mail"]
    for folder in (home, *folders):
        folder.chmod(0o755)
    private_files.tighten(settings(home))
    assert {path.name: mode(path) for path in files} == {path.name: 0o600 for path in files}
    assert [mode(folder) for folder in folders] == [0o700] * 3
    assert mode(home) == 0o711


def test_a_database_elsewhere_is_tightened_too(tmp_path: Path) -> None:
    database = made(tmp_path / "elsewhere" / "forum.db")
    url = f"sqlite:///{database}"
    private_files.tighten(settings(tmp_path / "space", SPACE_FORUM_DATABASE_URL=url))
    assert mode(database) == 0o600


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    home = tmp_path / "space"
    left = [
        made(home / "notes.txt"),
        made(home / "servers" / "postgresql" / "data"),
        made(tmp_path / "target"),
    ]
    (home / "linked.sqlite").symlink_to(tmp_path / "target")
    (home / "servers").chmod(0o755)
    private_files.tighten(settings(home))
    assert [mode(path) for path in left] == [0o644] * 3
    assert mode(home / "servers") == 0o755


def test_less_than_that_is_not_made_more(tmp_path: Path) -> None:
    home = tmp_path / "space"
    file = made(home / "people.sqlite", 0o400)
    home.chmod(0o700)
    private_files.tighten(settings(home))
    assert (mode(file), mode(home)) == (0o400, 0o700)


@pytest.mark.slow
def test_a_command_makes_private_files(tmp_path: Path) -> None:
    home = tmp_path / "space"
    environment = {**os.environ, "SPACE_HOME": str(home)}
    command = [sys.executable, "-W", "ignore", "-m", "space", "admin", "Ann", "--password", "long enough 1"]
    before = os.umask(0o022)
    try:
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    finally:
        os.umask(before)
    found = {path.name: mode(path) for path in home.iterdir()}
    assert "people.sqlite" in found
    assert set(found.values()) == {0o600}
    assert mode(home) == 0o700
