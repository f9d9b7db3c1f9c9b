"""An operator learns by a test mail whether mail is set up."""

from __future__ import annotations

import os
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


def shown(tmp_path: Path, *options: str, url: str = "") -> str:
    environment = {"SPACE_HOME": str(tmp_path / "home"), "SPACE_MAIL_URL": url}
    done = CliRunner().invoke(main, ["mail", *options], env=environment)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_last_mails_of_the_folder_are_shown(tmp_path: Path) -> None:
    assert "There is no mail in" in shown(tmp_path)
    for number, name in enumerate(("ann", "bo", "cy")):
        run(tmp_path, f"{name}@x.example")
        for file in (tmp_path / "home" / "mail").iterdir():
            if f"To: {name}@".encode() in file.read_bytes():
                os.utime(file, (number, number))
    said = shown(tmp_path, "--last", "2")
    assert "ann@x.example" not in said
    assert said.index("To: bo@x.example") < said.index("To: cy@x.example")
    assert "This is a test mail from Space" in said
    assert "<p>" not in said


def test_no_mail_commands_the_terminal(tmp_path: Path) -> None:
    run(tmp_path, "sam@x.example")
    (file,) = (tmp_path / "home" / "mail").iterdir()
    file.write_bytes(file.read_bytes().replace(b"This is", b"\x1b]0;This\x07 \x9b2Jis"))
    assert not {"\x1b", "\x07", "\x9b"} & set(shown(tmp_path))


def test_where_a_server_takes_mail_nothing_is_shown(tmp_path: Path) -> None:
    assert (
        shown(tmp_path, url="smtp://u:hush@127.0.0.1:2525")
        == "Mail goes to 127.0.0.1:2525 and is not kept here.\n"
    )
