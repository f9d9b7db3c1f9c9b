"""The secrets of authenticator apps are encrypted, each for its person, also those of earlier releases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

from contracts.errors import Invalid
from contracts.people import EnterCode, OwnPassword, Register
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import totp
from services.people.actions import second_factor
from services.people.actions import sign_in as signing
from services.people.sealing import Sealer
from services.people.tables import SecondFactor
from tests.unit.harness import migrate
from tests.unit.people.harness import SEALER, insert_person

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
SAM, ADA = "0" * 15 + "1", "0" * 15 + "2"


def test_what_is_sealed_opens_for_its_person_alone() -> None:
    sealed = SEALER.seal(SECRET, SAM)
    assert SECRET not in sealed
    assert len(sealed) <= 200
    assert sealed != SEALER.seal(SECRET, SAM)
    assert SEALER.open(sealed, SAM) == SECRET
    assert SEALER.open(sealed, ADA) is None
    middle = len(sealed) // 2
    other = "A" if sealed[middle] != "A" else "B"
    for broken in (sealed[:middle] + other + sealed[middle + 1 :], sealed[:-8], sealed[:9], f"{sealed[:9]}!"):
        assert SEALER.open(broken, SAM) is None


def test_a_former_secret_of_the_system_opens_what_it_sealed() -> None:
    before, after = Sealer(["old"]), Sealer(["new", "old"])
    sealed = before.seal(SECRET, SAM)
    assert after.open(sealed, SAM) == SECRET
    assert before.open(after.seal(SECRET, SAM), SAM) is None
    assert (before.former, [sealed.startswith(each) for each in after.former]) == ([], [True])


def secrets(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(SecondFactor.secret).order_by(SecondFactor.person_id)))


def seal(database: Database, sealer: Sealer, limit: int = 500) -> int:
    with database.writing() as session:
        return second_factor.seal_secrets(session, sealer, limit)


def test_secrets_of_earlier_releases_are_sealed_and_go_on_working(empty_database: Database) -> None:
    migrate(empty_database, "people", "0024")
    with empty_database.writing() as session:
        for person_id, name in ((SAM, "Sam"), (ADA, "Ada")):
            insert_person(session, person_id, name)
            session.execute(
                text(
                    "INSERT INTO second_factor (person_id, secret, confirmed_at, last_step)"
                    " VALUES (:id, :secret, '2026-01-02 03:04:05', 0)"
                ),
                {"id": person_id, "secret": SECRET},
            )
    migrate(empty_database, "people")

    def use(person_id: str, sealer: Sealer, ahead: int) -> None:
        moment = clock.now() + timedelta(seconds=ahead * totp.STEP_SECONDS)
        with clock.at(moment), empty_database.writing() as session:
            code = totp.code_at(SECRET, totp.step_at(moment))
            second_factor.check_code(session, person_id, code, sealer)

    old, new = Sealer(["old"]), Sealer(["new", "old"])
    use(SAM, old, 0)  # before the service has come to it
    assert [seal(empty_database, old, limit=1) for _ in range(3)] == [1, 1, 0]
    stored = secrets(empty_database)
    assert SECRET not in "".join(stored)
    use(SAM, old, 10)
    assert (seal(empty_database, new), seal(empty_database, new)) == (2, 0)
    assert not set(secrets(empty_database)) & set(stored)
    use(SAM, new, 20)
    use(ADA, Sealer(["new"]), 20)
    # Without the secret that sealed it a code opens nothing, and nothing is lost.
    with pytest.raises(Invalid):
        use(ADA, Sealer(["third"]), 30)
    assert seal(empty_database, Sealer(["third"])) == 0
    use(ADA, Sealer(["new"]), 30)


def test_a_new_secret_is_sealed(database: Database) -> None:
    password = SecretStr("correct horse battery")
    sam: Viewer = signing.register(database, STRANGER, Register(name="Sam", password=password)).viewer
    with clock.at(clock.now()):
        setup = signing.begin_second_factor(database, sam, OwnPassword(password=password), SEALER)
        (stored,) = secrets(database)
        assert SEALER.open(stored, sam.person_id or "") == setup.secret != stored
        code = totp.code_at(setup.secret, totp.step_at(clock.now()))
        signing.confirm_second_factor(database, sam, EnterCode(code=SecretStr(code)), SEALER)
