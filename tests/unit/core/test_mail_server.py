"""The address of the mail server is read, or refused with what to do and without the password."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.mail_server import MailServer
from core.settings import Settings, SettingsError


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer("mail.example", 587, "starttls")),
        ("smtps://u:p%2Fw@mail.example", MailServer("mail.example", 465, "at-once", "u", "p/w")),
        ("smtp://mail.example:2525?tls=off", MailServer("mail.example", 2525, "off")),
        ("smtp://127.0.0.1:1025", MailServer("127.0.0.1", 1025, "off")),
        ("smtp://localhost", MailServer("localhost", 25, "off")),
    ],
)
def test_servers_are_read(url: str, server: MailServer) -> None:
    assert MailServer.parse(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example", "http://mail.example", "smtp://", "smtp://u@mail.example", "smtp://h:port", "smtps://h?tls=off",
        "smtp://h/path", "smtp://h?tls=no", "smtp://h?verify=no",
    ],
)  # fmt: skip
def test_others_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="SPACE_MAIL_URL"):
        Settings.from_environment({"SPACE_HOME": str(tmp_path), "SPACE_MAIL_URL": url})


def test_the_password_is_in_no_message(tmp_path: Path) -> None:
    home = {"SPACE_HOME": str(tmp_path)}
    with pytest.raises(SettingsError) as error:
        Settings.from_environment({**home, "SPACE_MAIL_URL": "smtp://u:hush@h/path"})
    assert "hush" not in str(error.value)
    settings = Settings.from_environment({**home, "SPACE_MAIL_URL": "smtp://u:hush@h"})
    assert "hush" not in repr(settings)
    assert "hush" not in repr(MailServer.parse("smtp://u:hush@h"))


def test_the_sender_is_at_the_sites_host_unless_set(tmp_path: Path) -> None:
    home = {"SPACE_HOME": str(tmp_path)}
    assert Settings.from_environment(home).mail_from == "no-reply@localhost"
    at = {**home, "SPACE_BASE_URL": "https://space.example"}
    assert Settings.from_environment(at).mail_from == "no-reply@space.example"
    own = "Space <space@mail.example>"
    assert Settings.from_environment({**at, "SPACE_MAIL_FROM": own}).mail_from == own
    with pytest.raises(SettingsError, match="SPACE_MAIL_FROM"):
        Settings.from_environment({**at, "SPACE_MAIL_FROM": "Space\nBcc: x@y.example"})
