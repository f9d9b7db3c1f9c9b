"""An operator sets the password of who can't get a link by mail, and turns off a second factor that was lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from contracts.errors import Forbidden
from contracts.people import EnterCode, OwnPassword, Register, SignIn
from core import clock
from core.audience import STRANGER
from core.settings import Settings
from services.people import totp
from services.people.actions import sign_in as signing
from services.people.sealing import Sealer
from space.cli import main
from space.wiring import open_database

pytestmark = pytest.mark.slow

PASSWORD, NEW = "correct horse battery", "four other soft stones"


def run(home: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(
        main, ["password", *arguments], env={"SPACE_HOME": str(home), "SPACE_NEW_PASSWORD": NEW}
    )
    return done.exit_code, done.output


def test_a_password_is_set_and_a_lost_factor_turned_off(tmp_path: Path) -> None:
    settings = Settings.from_environment({"SPACE_HOME": str(tmp_path)})
    database, sealer = open_database(settings, "people"), Sealer.of(settings)
    password = SecretStr(PASSWORD)
    opened = signing.register(database, STRANGER, Register(name="Sam", password=password))
    secret = signing.begin_second_factor(
        database, opened.viewer, OwnPassword(password=password), sealer
    ).secret
    code = totp.code_at(secret, totp.step_at(clock.now()))
    signing.confirm_second_factor(database, opened.viewer, EnterCode(code=SecretStr(code)), sealer)
    assert run(tmp_path, "SAM") == (0, "The password of SAM is set.\n")
    assert signing.viewer_of_session(database, STRANGER, opened.token) is None
    with pytest.raises(Forbidden) as error:
        signing.sign_in(database, STRANGER, SignIn(name="Sam", password=SecretStr(NEW)))
    assert error.value.code == "code-needed"
    assert run(tmp_path, "Sam", "--without-second-factor")[0] == 0
    assert signing.sign_in(database, STRANGER, SignIn(name="Sam", password=SecretStr(NEW)))
    database.close()


def test_nobody_of_that_name_is_told(tmp_path: Path) -> None:
    assert run(tmp_path, "Nobody") == (1, "Error: That can't be done: not-found.\n")
