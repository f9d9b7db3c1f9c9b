"""Mail goes to a real mail server by SMTP, or into a folder; what failed is told apart by who must act."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.mail.connections import Connections, Pace
from bus.mail.delivery import FolderDelivery, Mailer, RecipientRefused, SmtpDelivery, TemporaryRefusal
from bus.mail.message import POLICY, MailHead, MailText, build_message, message_id
from bus.outbox.tasks import Outage, PermanentFailure
from core import clock
from core.mail_server import MailServer
from core.settings import Settings, SettingsError
from tests.smtp_server import PASSWORD, USER, RunningServer, mail_server, make_certificate

pytestmark = pytest.mark.slow

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SENDER = Address("Space", addr_spec="space@space.example")
LONG = "مجموعة المتطوعين في الأرشيف الوطني المفتوح " * 12


def text_of(subject: str = "Hello", plain: str = "Good day.\n", html: str = "<p>Good day.</p>") -> MailText:
    return MailText(subject, plain, html, "ar")


def send(
    delivery: SmtpDelivery | FolderDelivery, to: str = "sam@x.example", text: MailText | None = None
) -> None:
    message = build_message(text or text_of(), SENDER, to, "key/1", NOW)
    delivery.deliver(message, to, "key/1")


def plain_delivery(server: RunningServer) -> SmtpDelivery:
    return SmtpDelivery(MailServer("127.0.0.1", server.port, "off"), SENDER)


def test_a_mail_arrives_as_it_was_written(tmp_path: Path) -> None:
    with mail_server(tmp_path) as server:
        send(plain_delivery(server), text=text_of(LONG, LONG + "\n.\n.dots\n", f'<p dir="rtl">{LONG}</p>'))
        message, recipients, content = server.take()
    assert recipients == ["sam@x.example"]
    assert message["Subject"] == LONG.strip()
    assert (message["To"], message["From"]) == ("sam@x.example", "Space <space@space.example>")
    assert message["Message-ID"] == message_id("key/1", "space.example")
    assert (message["Auto-Submitted"], message["Content-Language"]) == ("auto-generated", "ar")
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == [LONG, ".", ".dots"]
    assert html.get_content().strip() == f'<p dir="rtl">{LONG}</p>'
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert max(len(word) for word in re.findall(rb"=\?[^ ]+\?=", content)) <= 75


def test_ids_of_a_thread_stand_in_the_head_as_they_are() -> None:
    """Python would encode long ones, and Outlook then shows each mail by itself."""
    ids = tuple(f"post.{number:016}" for number in range(12))
    head = MailHead(id="post.x", thread=ids, headers={"List-Unsubscribe": f"<https://x.example/{'a' * 300}>"})
    raw = build_message(text_of(), SENDER, "sam@x.example", "key/1", NOW, head=head).as_bytes(policy=POLICY)
    lines = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    whole = " ".join(f"<{each}@space.example>" for each in ids).encode()
    assert b"Message-ID: <post.x@space.example>" in lines
    assert b"References: " + whole in lines
    assert b"In-Reply-To: <" + ids[-1].encode() + b"@space.example>" in lines
    assert b"List-Unsubscribe: <https://x.example/" + b"a" * 300 + b">" in lines


@pytest.mark.parametrize(
    "name",
    [
        "Noa via Space",
        "سامي عبر Space " * 20,
        'A "quoted" name',
        "A\r\nBcc: x@evil.example",
        "a, b@c.example",
    ],
)
def test_a_senders_name_is_a_name_and_nothing_else(name: str) -> None:
    text = MailText("Hello", "text", "<p>text</p>", "en", name)
    raw = build_message(text, SENDER, "sam@x.example", "key/1", NOW).as_bytes(policy=POLICY)
    message = message_from_bytes(raw, policy=POLICY)
    assert isinstance(message, EmailMessage)
    (sender,) = message["From"].addresses
    assert sender.addr_spec == "space@space.example"
    # Python's parser of addresses puts spaces between encoded words, which RFC 2047 forbids.
    line = next(each for each in raw.replace(b"\r\n ", b" ").split(b"\r\n") if each.startswith(b"From: "))
    said = str(make_header(decode_header(line.decode("ascii").removeprefix("From: "))))
    shown = said.removesuffix("<space@space.example>").strip().strip('"').replace('\\"', '"')
    assert shown.split() == name.split()
    assert message["Bcc"] is None
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("mode", ["tls", "starttls"])
def test_tls_is_verified_before_anything_is_said(
    tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server(tmp_path, mode) as server:
        scheme, password = {"tls": "smtps", "starttls": "smtp"}[mode], "p%40ss%20word"
        told = MailServer.parse(f"{scheme}://{USER}:{password}@mail.example:{server.port}")
        assert (told.user, told.password) == (USER, PASSWORD)
        here = MailServer("localhost", server.port, told.tls, told.user, told.password)
        with pytest.raises(Outage, match="CERTIFICATE_VERIFY_FAILED"):
            send(SmtpDelivery(here, SENDER))
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        with pytest.raises(Outage, match=r"refused the session: 535 5\.7\.8"):
            send(SmtpDelivery(MailServer("localhost", server.port, told.tls, USER, "another"), SENDER))
        send(SmtpDelivery(here, SENDER))
        assert server.take()[1] == ["sam@x.example"]


def test_long_ids_are_not_encoded() -> None:
    message = build_message(text_of(), SENDER, "sam@x.example", "key/1", NOW)
    message["References"] = " ".join(
        message_id(f"key/{number}", "a-long-name.of-a-host.space.example") for number in range(9)
    )
    (line,) = [
        each for each in message.as_bytes(policy=POLICY).split(b"\r\n") if each.startswith(b"References")
    ]
    assert line.decode() == f"References: {message['References']}"


def test_a_server_without_starttls_is_told_nothing(tmp_path: Path) -> None:
    with mail_server(tmp_path) as server, pytest.raises(Outage, match="STARTTLS"):
        send(SmtpDelivery(MailServer("127.0.0.1", server.port, "starttls"), SENDER))


@pytest.mark.parametrize(
    ("to", "error", "said"),
    [
        ("later@x.example", TemporaryRefusal, "the recipient was refused: 450 4.2.0"),
        ("never@x.example", RecipientRefused, "the recipient was refused: 550 5.1.1"),
        ("heavy@x.example", PermanentFailure, "the message was refused: 552 5.3.4"),
    ],
)
def test_refusals_for_now_and_for_good_are_told_apart(
    tmp_path: Path, to: str, error: type[Exception], said: str
) -> None:
    with mail_server(tmp_path) as server, pytest.raises(error) as raised:
        send(plain_delivery(server), to)
    # Without the server's words, which repeat the address.
    assert str(raised.value) == said


def test_a_server_that_is_away_is_an_outage(tmp_path: Path) -> None:
    with mail_server(tmp_path) as server:
        port = server.port
    with pytest.raises(Outage, match="can't be reached"):
        send(SmtpDelivery(MailServer("127.0.0.1", port, "off"), SENDER))


def test_many_mails_go_by_one_connection(tmp_path: Path) -> None:
    with mail_server(tmp_path) as server:
        delivery = plain_delivery(server)
        for _ in range(5):
            send(delivery)
            server.take()
    assert len(set(server.peers)) == 1


def test_a_refused_mail_leaves_nothing_for_the_next_one(tmp_path: Path) -> None:
    with mail_server(tmp_path) as server:
        delivery = plain_delivery(server)
        send(delivery)
        with pytest.raises(PermanentFailure):
            send(delivery, "heavy@x.example")
        send(delivery, "noa@x.example")
        assert [server.take()[1] for _ in range(2)] == [["sam@x.example"], ["noa@x.example"]]


def test_that_the_server_has_ended_a_connection_is_noticed(tmp_path: Path) -> None:
    with mail_server(tmp_path) as server:
        delivery = plain_delivery(server)
        send(delivery)
    with pytest.raises(Outage, match="can't be reached"):
        send(delivery)


@pytest.mark.parametrize(
    ("idle", "mails", "opened"), [(60.0, 100, 1), (60.0, 2, 2), (0.0, 100, 4)], ids=["kept", "full", "idle"]
)
def test_a_connection_ends_after_many_mails_or_when_nobody_uses_it(
    tmp_path: Path, idle: float, mails: int, opened: int
) -> None:
    with mail_server(tmp_path) as server:
        at = MailServer("127.0.0.1", server.port, "off")
        connections = Connections(at, "localhost", 20.0, idle=idle, mails=mails)
        used = []
        for _ in range(4):
            with connections.connection() as client:
                used.append(client)
    assert len({id(each) for each in used}) == opened


def test_no_more_go_out_in_a_second_than_are_let(tmp_path: Path) -> None:
    pace = Pace(50)
    began = monotonic()
    for _ in range(11):
        pace.wait()
    assert monotonic() - began >= 0.2
    unlimited = Pace(0)
    for _ in range(1000):
        unlimited.wait()


@pytest.mark.parametrize("value", ["-1", "1.5", "many", "100000"])
def test_a_rate_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(SettingsError, match="SPACE_MAIL_RATE"):
        Settings.from_environment({"SPACE_HOME": str(tmp_path), "SPACE_MAIL_RATE": value})


def test_addresses_beyond_ascii_are_sent_as_they_are(tmp_path: Path) -> None:
    with mail_server(tmp_path) as server:
        send(plain_delivery(server), "müller@bücher.example")
        _, recipients, _ = server.take()
    assert recipients == ["müller@bücher.example"]


def test_without_a_server_each_mail_is_a_private_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    delivery = FolderDelivery(tmp_path / "mail")
    with caplog.at_level("INFO"):
        send(delivery)
        send(delivery)  # a second attempt
    (file,) = (tmp_path / "mail").iterdir()
    assert str(file) in caplog.text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    message = message_from_bytes(file.read_bytes(), policy=POLICY)
    assert message["To"] == "sam@x.example"
    assert "sam" not in file.name


def test_mails_in_a_folder_are_gone_after_ninety_days(tmp_path: Path) -> None:
    delivery = FolderDelivery(tmp_path / "mail")
    delivery.purge()  # no mail was ever written
    send(delivery)
    (tmp_path / "mail" / "broken.part").write_bytes(b"")
    (tmp_path / "mail" / "notes.txt").write_text("The operator's own.")
    for days, left in ((89, 3), (91, 1)):
        with clock.at(clock.now() + timedelta(days=days)):
            delivery.purge()
        assert len(list((tmp_path / "mail").iterdir())) == left
    assert (tmp_path / "mail" / "notes.txt").exists()


HOSTILE = [
    "Hi\r\nBcc: all@x.example",
    "Hi\nSubject: two",
    "Hi\r\n\r\n<b>body</b>",
    "a\x00b\x85c\u2028d",
    "‮evil",
]


@pytest.mark.parametrize("subject", HOSTILE)
def test_no_text_begins_another_header(subject: str) -> None:
    message = build_message(text_of(subject), SENDER, "sam@x.example", "key/1", NOW)
    read = message_from_bytes(message.as_bytes(policy=POLICY), policy=POLICY)
    assert read.keys() == build_message(text_of(), SENDER, "sam@x.example", "key/1", NOW).keys()
    assert read["Bcc"] is None


@given(subject=st.text(max_size=300), plain=st.text(max_size=300))
def test_any_text_makes_one_message_of_two_parts(subject: str, plain: str) -> None:
    plain = plain.encode("utf-8", "replace").decode()
    subject = subject.encode("utf-8", "replace").decode()
    message = build_message(text_of(subject, plain), SENDER, "sam@x.example", "key/1", NOW)
    read = message_from_bytes(message.as_bytes(policy=POLICY), policy=POLICY)
    assert read.keys() == build_message(text_of(), SENDER, "sam@x.example", "key/1", NOW).keys()
    assert [part.get_content_type() for part in read.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip


@pytest.mark.parametrize("to", ["sam@x.example\r\nBcc: b@x.example", "a@x.example, b@x.example", "sam", ""])
def test_what_is_no_single_address_is_refused(tmp_path: Path, to: str) -> None:
    def write(template: str, language: str, params: Mapping[str, str]) -> MailText:
        return text_of(template)

    home = {"SPACE_HOME": str(tmp_path)}
    with pytest.raises(PermanentFailure, match="address"):
        Mailer(Settings.from_environment(home), write).send("reset", "en", {}, to, "key/1", NOW)
    assert not (tmp_path / "mail").exists()


GREEN = """
from bus.green import patch_standard_library
patch_standard_library()
import socket, ssl, sys
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
import eventlet
from bus.mail.delivery import SmtpDelivery
from bus.mail.message import MailText, build_message
from core.mail_server import MailServer

folder, tls = Path(sys.argv[1]), sys.argv[2]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder / "server.pem", folder / "server.key")
listener = socket.create_server(("127.0.0.1", 0))

def serve():
    connection, _ = listener.accept()
    if tls == "at-once":
        connection = context.wrap_socket(connection, server_side=True)
    connection.sendall(b"220 here\\r\\n")
    lines = connection.makefile("rb")
    text = False
    while line := lines.readline():
        if text:
            text = line != b".\\r\\n"
            if not text:
                connection.sendall(b"250 taken\\r\\n")
        elif line.upper().startswith(b"EHLO"):
            connection.sendall(b"250-here\\r\\n250 STARTTLS\\r\\n")
        elif line.upper().startswith(b"STARTTLS"):
            connection.sendall(b"220 go on\\r\\n")
            connection = context.wrap_socket(connection, server_side=True)
            lines = connection.makefile("rb")
        elif line.upper().startswith(b"DATA"):
            text = True
            connection.sendall(b"354 go on\\r\\n")
        elif line.upper().startswith(b"QUIT"):
            connection.sendall(b"221 bye\\r\\n")
            return
        else:
            connection.sendall(b"250 fine\\r\\n")

server = eventlet.spawn(serve)
sender = Address("Space", addr_spec="space@space.example")
message = build_message(MailText("Hi", "Hi", "<p>Hi</p>", "en"), sender, "sam@x.example", "k", datetime.now(UTC))
at = MailServer("localhost", listener.getsockname()[1], tls)
SmtpDelivery(at, sender, timeout=20).deliver(message, "sam@x.example", "k")
server.wait()
print("sent")
"""


@pytest.mark.parametrize("tls", ["off", "starttls", "at-once"])
def test_other_greenlets_go_on_while_the_mail_server_is_waited_for(
    tmp_path: Path, tls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The server is a greenlet of the same process: it could say nothing if a step of the conversation held it up.
    make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    command = [sys.executable, "-c", GREEN, str(tmp_path), tls]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.returncode) == ("sent\n", 0), done.stderr


ENCODED = [
    "=?utf-8?q?Hi=0D=0AContent-Type:_text/html=0D=0A=0D=0A<h1>Pay</h1>?=",
    "=?utf-8?b?SGkNCkJjYzogZXZlQHkuZXhhbXBsZQ0KDQpib2R5?=",
    "é =?iso-8859-1?q?a=0Ab=0D=0Ac:_d?= é",
]


@pytest.mark.parametrize("utf8", [False, True])
@pytest.mark.parametrize("given", ENCODED)
def test_encoded_words_begin_no_header(given: str, utf8: bool) -> None:
    text = replace(text_of(given), sender=given)
    message = build_message(text, SENDER, "sam@x.example", "key/1", NOW)
    written = message.as_bytes(policy=POLICY.clone(utf8=utf8))
    head = written.partition(b"\r\n\r\n")[0].decode()
    names = [line.partition(":")[0] for line in head.split("\r\n") if not line.startswith((" ", "\t"))]
    plain = build_message(text_of(), SENDER, "sam@x.example", "key/1", NOW)
    assert names == list(plain.keys())
    assert not re.search(r"(?<!\r)\n|\r(?!\n)", head)


def test_a_header_that_would_begin_another_is_not_written() -> None:
    head = MailHead(headers={"In-Reply-To": "<=?utf-8?q?a=0D=0ABcc:_eve@y.example?=@h>"})
    message = build_message(text_of(), SENDER, "sam@x.example", "key/1", NOW, head=head)
    with pytest.raises(ValueError, match="In-Reply-To"):
        message.as_bytes(policy=POLICY)
