"""A push service for tests, and browsers that subscribe at it: it checks how messages are signed, and browsers decrypt
them by themselves (RFC 8188, 8291), with none of our code for that.

`python -m tests.push_service FOLDER` runs one over TLS in a process of its own. It prints its port and then a line of
JSON for each request.
"""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.smtp_server import make_certificate

CURVE = ec.SECP256R1()


class Subscriber:
    """A browser with a subscription."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._private = ec.generate_private_key(CURVE)
        self._auth = bytes(range(16))

    @property
    def keys(self) -> dict[str, str]:
        """What the browser hands to the site."""
        return {
            "endpoint": self.endpoint,
            "p256dh": text_of(_point(self._private.public_key())),
            "auth": text_of(self._auth),
        }

    def decrypt(self, body: bytes) -> bytes:
        """The message in the body of a request."""
        salt, record, length = body[:16], int.from_bytes(body[16:20]), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert (record, length) == (4096, 65)
        assert len(body) <= 4096, "services take no more"
        shared = self._private.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender)
        )
        mixed = _mac(self._auth, shared)
        secret = _mac(mixed, b"WebPush: info\x00" + _point(self._private.public_key()) + sender + b"\x01")
        extracted = _mac(salt, secret)
        key = _mac(extracted, b"Content-Encoding: aes128gcm\x00\x01")[:16]
        nonce = _mac(extracted, b"Content-Encoding: nonce\x00\x01")[:12]
        message, mark, filled = AESGCM(key).decrypt(nonce, sealed, None).rpartition(b"\x02")
        assert mark
        assert not filled.strip(b"\x00")
        return message

    def read(self, body: bytes) -> dict[str, Any]:
        """The message, as the service worker reads it."""
        found: dict[str, Any] = json.loads(self.decrypt(body))
        return found


def check_signature(header: str, key: str) -> dict[str, Any]:
    """The claims of a request's `Authorization`, which is signed with our key (RFC 8292)."""
    scheme, _, rest = header.partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (scheme, parts["k"]) == ("vapid", key)
    head, claims, signature = parts["t"].split(".")
    assert json.loads(bytes_of(head)) == {"typ": "JWT", "alg": "ES256"}
    signed = bytes_of(signature)
    assert len(signed) == 64
    encoded = encode_dss_signature(int.from_bytes(signed[:32]), int.from_bytes(signed[32:]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, bytes_of(key))
    public.verify(encoded, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    found: dict[str, Any] = json.loads(bytes_of(claims))
    return found


def text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _mac(key: bytes, data: bytes) -> bytes:
    made = hmac.HMAC(key, hashes.SHA256())
    made.update(data)
    return made.finalize()


# The service


@dataclass(frozen=True)
class Taken:
    """One request: its headers, with lower-case names, and its body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class RunningService:
    """A service that runs. It answers by the end of the path: `/201`, `/410`, `/429`, `/302`."""

    port: int
    certificate: Path
    _process: subprocess.Popen[str] = field(repr=False)

    def endpoint(self, status: int) -> str:
        return f"https://localhost:{self.port}/push/secret/{status}"

    def take(self) -> Taken:
        """The next request."""
        assert self._process.stdout is not None
        line = json.loads(self._process.stdout.readline())
        return Taken(line["path"], line["headers"], base64.b64decode(line["body"]))

    @property
    def context(self) -> ssl.SSLContext:
        """One that trusts its certificate."""
        return ssl.create_default_context(cafile=str(self.certificate))


@contextmanager
def push_service(folder: Path) -> Iterator[RunningService]:
    """A service on a free port of this machine."""
    make_certificate(folder)
    command = [sys.executable, "-m", "tests.push_service", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield RunningService(int(process.stdout.readline()), folder / "server.pem", _process=process)
        finally:
            process.terminate()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        _say(json.dumps({"path": self.path, "headers": headers, "body": base64.b64encode(body).decode()}))
        status = int(self.path.rpartition("/")[2])
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "90")
        if status == 302:
            self.send_header("Location", self.path.replace("302", "201"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal of the tests."""


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _serve(folder: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    _say(str(server.server_port))
    server.serve_forever()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
