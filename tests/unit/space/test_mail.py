"""An operator learns by a test mail whether mail is set up."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from space.cli import main
from tests.smtp_server import mail_server


def run(tmp_path: Path, address: str, url: str = "") -> tuple[int, str]:
    environment = {
        "SPACE_HOME": str(tmp_path / "home"),
        "SPACE_MAIL_URL": url,
        "SPACE_MAIL_FROM": "s@x.example",
    }
    done = CliRunner().invoke(main, ["mail", address], env=environment)
    return done.exit_code, done.output


def test_without_a_server_the_mail_is_a_file(tmp_path: Path) -> None:
    code, said = run(tmp_path, "sam@x.example")
    assert (code, said) == (0, f"SPACE_MAIL_URL is not set: the mail is a file in {tmp_path}/home/mail.\n")
    (file,) = (tmp_path / "home" / "mail").iterdir()
    assert b"This is a test mail from Space" in file.read_bytes()


def test_a_server_takes_it_or_says_why_not(tmp_path: Path) -> None:
    with mail_server(tmp_path) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        assert run(tmp_path, "sam@x.example", url)[0] == 0
        assert server.take()[1] == ["sam@x.example"]
        refused = run(tmp_path, "never@x.example", url)
    assert refused == (1, "Error: The mail was not sent: the recipient was refused: 550 5.1.1.\n")


@pytest.mark.parametrize("address", ["sam", "a@x.example, b@x.example"])
def test_what_is_no_address_is_refused(tmp_path: Path, address: str) -> None:
    assert run(tmp_path, address) == (
        1,
        "Error: The mail was not sent: the recipient's address can't be used.\n",
    )


def test_a_url_that_is_none_is_told_without_its_password(tmp_path: Path) -> None:
    code, said = run(tmp_path, "sam@x.example", "http://u:hush@h")
    assert code == 1
    assert "SPACE_MAIL_URL" in said
    assert "hush" not in said
