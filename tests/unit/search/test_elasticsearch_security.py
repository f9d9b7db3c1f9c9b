"""An Elasticsearch with TLS and security: its certificate is verified, and each request says who asks.

The tests' node has no security module. In front of it is a server that ends TLS with a certificate of an authority made
here, and lets nothing through without the right credentials.
"""

from __future__ import annotations

import base64
import http.client
import http.server
import secrets
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contracts.errors import Unavailable
from contracts.search import SearchQuery
from core.search_server import SearchServer
from services.search.elasticsearch.connection import Connection
from services.search.elasticsearch.engine import ElasticsearchEngine, drop
from services.search.engine import Key
from tests import servers
from tests.unit.search.engine_conformance import PUBLIC, document

pytestmark = pytest.mark.servers

API_KEY = "c3BhY2U6c2VjcmV0"
USER = "space", "pass:word/ é"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the authority's certificate, and that of 127.0.0.1 with its key."""
    folder = tmp_path_factory.mktemp("tls")
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("Authority of the tests", authority_key, None, authority_key)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate("127.0.0.1", key, authority, authority_key)
    pem = serialization.Encoding.PEM
    (folder / "authority.pem").write_bytes(authority.public_bytes(pem))
    (folder / "server.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    return folder


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    of_issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=issuer is None, crl_sign=issuer is None, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(of_issuer, critical=False)
    )
    if issuer is not None:
        address = x509.IPAddress(IPv4Address("127.0.0.1"))
        built = built.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return built.sign(issuer_key, hashes.SHA256())


class Proxy(http.server.BaseHTTPRequestHandler):
    """Passes requests on to the tests' node if they have one of the right credentials."""

    protocol_version = "HTTP/1.1"

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        basic = base64.b64encode(":".join(USER).encode()).decode()
        if self.headers.get("Authorization") not in (f"ApiKey {API_KEY}", f"Basic {basic}"):
            self._answer(401, {"Content-Type": "application/json"}, b'{"error": {}, "status": 401}')
            return
        node = urlsplit(servers.search_url())
        connection = http.client.HTTPConnection(node.hostname or "", node.port)
        kept = ("Content-Type", "Accept", "Content-Encoding", "Accept-Encoding")
        headers = {name: self.headers[name] for name in kept if name in self.headers}
        connection.request(self.command, self.path, body, headers)
        response = connection.getresponse()
        answer = response.read()
        passed = ("Content-Type", "Content-Encoding", "X-Elastic-Product")
        self._answer(
            response.status,
            {name: value for name in passed if (value := response.getheader(name))},
            b"" if self.command == "HEAD" else answer,
        )
        connection.close()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def address(certificates: Path) -> Iterator[str]:
    """Host and port of the server with TLS."""
    servers.search_url()  # without a node there is nothing behind it
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.timeout, server.daemon_threads, server.block_on_close = 0.1, True, False
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    ended: list[bool] = []

    def serve() -> None:
        while not ended:
            server.handle_request()
        server.server_close()

    # Nobody waits for its end: in a process whose locks are eventlet's, one thread does not wake another.
    threading.Thread(target=serve, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    ended.append(True)


@contextmanager
def _connected(server: SearchServer) -> Iterator[Connection]:
    connection = Connection(server)
    try:
        yield connection
    finally:
        connection.close()


def test_an_api_key_or_a_user_and_the_authority_open_the_way(certificates: Path, address: str) -> None:
    prefix, authority = f"test-{secrets.token_hex(4)}", str(certificates / "authority.pem")
    for url, api_key in (
        (f"https://{address}/{prefix}", API_KEY),
        (f"https://space:pass%3Aword%2F%20%C3%A9@{address}/{prefix}", None),
    ):
        with _connected(SearchServer.parse(url, api_key, authority)) as connection:
            engine = ElasticsearchEngine(connection, secrets.token_hex(8), lambda _names: {})
            try:
                engine.create()
                assert engine.write({Key("topic", "a"): (1, document("a", "Found"))}, wait=True) == []
                found = engine.search(SearchQuery(q="found"), PUBLIC)
                assert [hit.id for hit in found.items] == ["a"]
                assert [each.key.id for each in engine.documents()] == ["a"]
            finally:
                drop(connection)


def test_a_certificate_that_no_authority_vouches_for_is_not_trusted(address: str) -> None:
    with _connected(SearchServer.parse(f"https://{address}", API_KEY)) as connection:
        with pytest.raises(Unavailable) as refused:
            ElasticsearchEngine(connection, "x", lambda _names: {}).create()
        assert "CERTIFICATE_VERIFY_FAILED" in repr(refused.value.__cause__)


@pytest.mark.parametrize("api_key", [None, "d3Jvbmc6a2V5"])
def test_nothing_is_done_without_the_right_key(certificates: Path, address: str, api_key: str | None) -> None:
    server = SearchServer.parse(f"https://{address}", api_key, str(certificates / "authority.pem"))
    with _connected(server) as connection:
        engine = ElasticsearchEngine(connection, "x", lambda _names: {})
        # As if it were away: what changes waits for an operator who puts the key right.
        with pytest.raises(Unavailable):
            engine.create()
        with pytest.raises(Unavailable):
            engine.search(SearchQuery(), PUBLIC)
