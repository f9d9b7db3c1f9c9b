"""The passwords of the demo's accounts, and loading that was interrupted. The browser stories load the whole demo."""

from pathlib import Path

import click
import pytest

from core.settings import Settings
from space.demo import load
from space.demo.passwords import ACCOUNTS, make_passwords, stored_passwords


def settings(home: Path, **more: str) -> Settings:
    return Settings.from_environment({"SPACE_HOME": str(home), **more})


def test_random_passwords_differ_and_are_kept_for_the_owner_alone(tmp_path: Path) -> None:
    made = make_passwords(settings(tmp_path))
    assert set(made) == set(ACCOUNTS)
    assert len(set(made.values())) == len(ACCOUNTS)
    assert stored_passwords(settings(tmp_path)) == made
    assert (tmp_path / "demo-passwords.json").stat().st_mode & 0o077 == 0


def test_a_given_password_is_taken(tmp_path: Path) -> None:
    made = make_passwords(settings(tmp_path, SPACE_DEMO_PASSWORD="as told"))
    assert set(made.values()) == {"as told"}


def test_no_demo_no_passwords(tmp_path: Path) -> None:
    assert stored_passwords(settings(tmp_path)) == {}


def test_what_an_interrupted_laying_in_wrote_goes(tmp_path: Path) -> None:
    system = settings(tmp_path)
    (tmp_path / "demo-unfinished").touch()
    (tmp_path / "people.sqlite").write_bytes(b"half")
    (tmp_path / "people.sqlite-wal").write_bytes(b"half")
    load.start_over(system)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["push-private-key", "secret-key"]


def test_an_interrupted_laying_in_on_a_server_is_left_to_the_operator(tmp_path: Path) -> None:
    system = settings(tmp_path, SPACE_BLOG_DATABASE_URL="postgresql+psycopg2://localhost/space_blog")
    (tmp_path / "people.sqlite").write_bytes(b"half")
    with pytest.raises(click.ClickException, match="Empty the databases"):
        load.start_over(system)
    assert (tmp_path / "people.sqlite").exists()
