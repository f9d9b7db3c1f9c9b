"""A mail server for tests, in a process of its own (aiosmtpd): `python -m tests.smtp_server FOLDER [tls|starttls]`.

It prints its port and then a line of JSON for each mail that it took. It refuses by the recipient's name: `later` for
now, `never` for good; and `heavy` after the text. With TLS it asks for a user and password.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "space", "p@ss word"
REFUSALS = {"later": "450 4.2.0 try later", "never": "550 5.1.1 <never@x.example> nobody of this name"}


@dataclass
class RunningServer:
    """A server that runs: its port, and the certificate to trust."""

    port: int
    certificate: Path
    _process: subprocess.Popen[str] = field(repr=False)
    peers: list[tuple[Any, ...]] = field(default_factory=list, init=False)
    """The addresses of the connections by which the mails came that were taken."""

    def take(self) -> tuple[EmailMessage, list[str], bytes]:
        """The next mail that it took, its recipients, and its bytes as they were sent."""
        assert self._process.stdout is not None
        line = json.loads(self._process.stdout.readline())
        content = base64.b64decode(line["content"])
        self.peers.append(tuple(line["peer"]))
        message = message_from_bytes(content, policy=POLICY)
        assert isinstance(message, EmailMessage)
        return message, line["to"], content


@contextmanager
def mail_server(folder: Path, mode: str = "plain") -> Iterator[RunningServer]:
    """A server on a free port of this machine; `mode`: `plain`, `tls` or `starttls`."""
    make_certificate(folder)
    command = [sys.executable, "-m", "tests.smtp_server", str(folder), mode]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield RunningServer(int(process.stdout.readline()), folder / "server.pem", _process=process)
        finally:
            process.terminate()


def make_certificate(folder: Path) -> None:
    """`server.pem` and `server.key`, for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.key").write_bytes(private)


def say(line: str) -> None:
    """A line for the process that started this one."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Handler:
    """Takes mail, or refuses it by its recipient."""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        name = address.partition("@")[0]
        if name in REFUSALS:
            return REFUSALS[name]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if any(each.startswith("heavy@") for each in envelope.rcpt_tos):
            return "552 5.3.4 too large"
        assert isinstance(envelope.content, bytes)
        content = base64.b64encode(envelope.content).decode("ascii")
        said = {"to": envelope.rcpt_tos, "content": content, "peer": list(session.peer or ())}
        say(json.dumps(said))
        return "250 OK"


def authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
) -> AuthResult:
    right = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=given == right, handled=False)


async def serve(folder: Path, mode: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")

    def conversation() -> SMTP:
        more: dict[str, Any] = {"enable_SMTPUTF8": True, "hostname": "localhost"}
        if mode != "plain":
            more |= {
                "authenticator": authenticate,
                "auth_required": True,
                "auth_require_tls": mode == "starttls",
            }
        if mode == "starttls":
            more |= {"tls_context": context, "require_starttls": True}
        return SMTP(Handler(), **more)

    server = await asyncio.get_running_loop().create_server(
        conversation, "127.0.0.1", 0, ssl=context if mode == "tls" else None
    )
    say(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "plain"))
