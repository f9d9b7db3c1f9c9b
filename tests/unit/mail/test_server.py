"""The server takes mail by LMTP and SMTP, in a process of its own; and so does the pipe."""

from __future__ import annotations

import io
import os
import signal
import smtplib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from sqlalchemy import select

from core import clock
from core.database import Database
from core.mail_server import MailListener
from core.settings import Settings, SettingsError
from services.mail import rules
from services.mail.tables import IncomingMail, MailCount
from space import mail_in
from space.mail_server import MailServerProcess
from space.wiring import open_database
from tests.unit.mail.office import DOMAIN, SAM, Office, mail

pytestmark = pytest.mark.slow


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """On SQLite: the server is another process, which has its settings from the environment."""
    environment = {
        "SPACE_HOME": str(tmp_path),
        "SPACE_MAIL_DOMAIN": DOMAIN,
        "SPACE_MAIL_IN": "lmtp://127.0.0.1:1",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    database = open_database(Settings.from_environment(), "mail")
    yield Office(database, tmp_path)
    database.close()


@pytest.fixture(params=["lmtp", "smtp"])
def server(
    request: pytest.FixtureRequest, office: Office, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MailServerProcess]:
    monkeypatch.setenv("SPACE_MAIL_IN", f"{request.param}://127.0.0.1:1")
    process = MailServerProcess(MailListener(request.param, "127.0.0.1", 0))
    process.start()
    yield process
    process.stop()


def client(server: MailServerProcess, request: pytest.FixtureRequest) -> smtplib.SMTP:
    kind = smtplib.LMTP if request.node.callspec.params["server"] == "lmtp" else smtplib.SMTP
    return kind("127.0.0.1", server.port, "mx.example", timeout=60)


def raws(database: Database) -> list[bytes]:
    with database.reading() as session:
        return list(session.scalars(select(IncomingMail.raw).order_by(IncomingMail.received_at)))


def test_a_mail_is_on_disk_before_it_is_said_to_be(
    office: Office, server: MailServerProcess, request: pytest.FixtureRequest
) -> None:
    with client(server, request) as connection:
        assert connection.sendmail(SAM, [office.reply_to], mail("One.\n.\n..two")) == {}
        assert raws(office.database) == [mail("One.\n.\n..two")]
        connection.sendmail(
            "", [office.addresses.for_bounce(office.person_id, SAM)], mail(id="<2@x.example>")
        )
    with office.database.reading() as session:
        senders = session.scalars(select(IncomingMail.sender).order_by(IncomingMail.received_at)).all()
    assert senders == [SAM, ""]


def test_what_it_does_not_take_it_refuses_at_once(
    office: Office, server: MailServerProcess, request: pytest.FixtureRequest
) -> None:
    with client(server, request) as connection:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            connection.sendmail(SAM, [f"nobody@{DOMAIN}"], mail())
        assert refused.value.recipients[f"nobody@{DOMAIN}"][0] == 550
        with pytest.raises(smtplib.SMTPException) as large:
            connection.sendmail(
                SAM, [office.reply_to], b"a" * 70 + b"\r\n" + b"x\r\n" * (rules.MOST_BYTES // 3)
            )
        assert getattr(large.value, "smtp_code", 552) == 552
    assert raws(office.database) == []


def test_too_many_from_one_are_to_come_again_later(
    office: Office, server: MailServerProcess, request: pytest.FixtureRequest
) -> None:
    hour = rules.hour_of(clock.now())
    with office.database.writing() as session:
        for moment in (hour, hour + timedelta(hours=1)):
            session.add(MailCount(person_id=office.person_id, hour=moment, mails=rules.MAILS_AN_HOUR))
    with client(server, request) as connection:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            connection.sendmail(SAM, [office.reply_to], mail())
        assert refused.value.smtp_code == 451


def test_a_server_that_dies_is_started_again_and_its_clients_wait(
    office: Office, server: MailServerProcess, request: pytest.FixtureRequest
) -> None:
    with client(server, request):
        pass
    assert server.problems() == []
    child = server._child
    assert child is not None
    os.kill(child.pid, signal.SIGKILL)
    end = monotonic() + 30
    while not server.problems() and monotonic() < end:
        sleep(0.01)
    assert server.problems() == ["the server that takes mail does not run"]
    with client(server, request) as connection:
        connection.sendmail(SAM, [office.reply_to], mail())
    assert len(raws(office.database)) == 1


def test_a_port_that_is_taken_is_named(server: MailServerProcess) -> None:
    with pytest.raises(SettingsError, match="SPACE_MAIL_IN"):
        MailServerProcess(MailListener("lmtp", "127.0.0.1", server.port))


def test_the_pipe_says_by_its_exit_code_what_became_of_a_mail(office: Office, tmp_path: Path) -> None:
    def code(raw: bytes, recipient: str, settings: Settings = office.settings) -> int:
        return mail_in.take_mail(settings, io.BytesIO(raw), SAM, recipient)[0]

    assert code(mail(), office.reply_to) == code(mail(), office.reply_to) == mail_in.TAKEN
    assert raws(office.database) == [mail()]
    assert code(mail(), f"nobody@{DOMAIN}") == mail_in.NO_SUCH_ADDRESS
    assert code(b"a" * (rules.MOST_BYTES + 1), office.reply_to) == mail_in.TOO_LARGE
    away = office.settings.model_copy(
        update={"databases": {"mail": f"sqlite:///{tmp_path}/none/mail.sqlite"}}
    )
    assert code(mail(id="<2@x.example>"), office.reply_to, away) == mail_in.LATER
    without = office.settings.model_copy(update={"mail_domain": None})
    assert code(mail(), office.reply_to, without) == mail_in.NOT_SET_UP
