"""What a wiki says of somebody is believed only if it is the wiki, the answer is for us, and it comes in time."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from contracts.wiki_accounts import WikiIdentity
from core import clock
from core.oauth_wiki import OAuthWiki
from gateway.signin import wiki_client
from gateway.signin.wiki_client import LARGEST_ANSWER, WikiAway, WikiClient, WikiRefused, new_secret
from tests.unit.gateway.wiki_server import CALLBACK, CLIENT_ID, WikiServer, running

pytestmark = pytest.mark.slow


@pytest.fixture
def wiki() -> Iterator[WikiServer]:
    with running() as server:
        yield server


def come_back(wiki: WikiServer, seconds: float = wiki_client.SECONDS) -> WikiIdentity:
    """Send somebody there, who agrees, and ask who it was."""
    client, verifier = WikiClient(wiki.wiki(), CALLBACK, seconds), new_secret()
    path = wiki.consent(client.authorization_address("the state", verifier, "pt-BR"))
    code = parse_qs(urlsplit(path).query)["code"][0]
    return client.identity(code, verifier)


def test_the_wiki_says_who_it_is(wiki: WikiServer) -> None:
    found = come_back(wiki)
    assert found == WikiIdentity(
        wiki=f"http://127.0.0.1:{wiki.port}/w", central_id="7", username="Sam Rivera", edits=3
    )
    assert wiki.requests == ["access_token", "resource/profile"]


@pytest.mark.parametrize(
    ("user", "claims", "edits"),
    [
        # MediaWiki 1.45 says in the token whose id it is; some releases have numbers.
        ({}, {"sub": "mw:CentralAuth:7"}, 3),
        ({"sub": 7}, {"sub": "7"}, 3),
        ({}, {"aud": ["other", CLIENT_ID]}, 3),
        # A hidden user has neither name nor anything else.
        ({"username": None, "editcount": 0, "blocked": True}, {}, 0),
        ({"rights": ["edit"] * 500, "registered": "20010115000000"}, {}, 3),
    ],
)
def test_every_release_says_it_in_its_own_way(
    wiki: WikiServer, user: dict[str, Any], claims: dict[str, Any], edits: int
) -> None:
    wiki.user.update(user)
    wiki.claims = claims
    found = come_back(wiki)
    assert (found.central_id, found.edits, found.blocked) == ("7", edits, bool(user.get("blocked")))
    assert found.username == wiki.user["username"]


NOW = clock.now().timestamp()


@pytest.mark.parametrize(
    ("user", "claims"),
    [
        ({}, {"aud": "another client"}),
        ({}, {"aud": None}),
        ({}, {"aud": []}),
        ({}, {"exp": NOW - 100}),
        ({}, {"iat": NOW + 4000}),
        ({}, {"exp": "tomorrow"}),
        ({}, {"exp": None}),
        ({}, {"exp": float("nan")}),
        ({}, {"iat": True}),
        ({}, {"sub": "8"}),
        ({}, {"sub": "mw:CentralAuth:77"}),
        ({}, {"sub": None}),
        # Not attached to a central account.
        ({"sub": "0"}, {}),
        ({"sub": "-1"}, {}),
        ({"sub": "x' OR 1"}, {}),
    ],
)
def test_what_is_not_for_us_or_not_now_is_refused(
    wiki: WikiServer, user: dict[str, Any], claims: dict[str, Any]
) -> None:
    wiki.user.update(user)
    wiki.claims = claims
    with pytest.raises(WikiRefused):
        come_back(wiki)


def test_a_code_works_once_and_for_its_browser_alone(wiki: WikiServer) -> None:
    client, verifier = WikiClient(wiki.wiki(), CALLBACK), new_secret()

    def code() -> str:
        path = wiki.consent(client.authorization_address("s", verifier, "en"))
        return parse_qs(urlsplit(path).query)["code"][0]

    once = code()
    assert client.identity(once, verifier).central_id == "7"
    for other, its_verifier in ((once, verifier), (code(), new_secret()), ("made up", verifier)):
        with pytest.raises(WikiRefused):
            client.identity(other, its_verifier)


def test_a_wrong_client_secret_is_refused(wiki: WikiServer) -> None:
    right, verifier = wiki.wiki(), new_secret()
    wrong = WikiClient(OAuthWiki.parse(right.script_path, CLIENT_ID, "wrong"), CALLBACK)
    path = wiki.consent(wrong.authorization_address("s", verifier, "en"))
    with pytest.raises(WikiRefused):
        wrong.identity(parse_qs(urlsplit(path).query)["code"][0], verifier)


@pytest.mark.parametrize("endpoint", ["access_token", "resource/profile"])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("500 Oops", b'{"error": "server_error"}'),
        ("503 Away", b"<html>Wikimedia error</html>"),
        ("200 OK", b"<html>maintenance</html>"),
        ("200 OK", b""),
        ("200 OK", b"[]"),
        ("200 OK", b"null"),
        ("200 OK", b'{"access_token": 1, "token_type": "Bearer"}'),
        ("200 OK", b'{"access_token": "x", "token_type": "Bearer"}'),
        ("200 OK", b'{"access_token": "x.W10.x", "token_type": "Bearer"}'),
        ("200 OK", b'{"access_token": "x.e30.x", "token_type": "mac"}'),
        ("200 OK", b'{"sub": {}}'),
        ("200 OK", b" " * (LARGEST_ANSWER + 1)),
        ("302 Found", b"http://127.0.0.1:1/elsewhere"),
        ("404 Not Found", b"no such wiki"),
    ],
)
def test_an_answer_that_is_none_is_told_apart(
    wiki: WikiServer, endpoint: str, status: str, body: bytes
) -> None:
    wiki.broken[endpoint] = lambda: (status, "text/html", body)
    with pytest.raises(WikiAway):
        come_back(wiki)
    # Nothing is asked for again, and nothing else than the wiki.
    assert wiki.requests.count(endpoint) == 1


@pytest.mark.parametrize("endpoint", ["access_token", "resource/profile"])
def test_a_wiki_that_hangs_is_given_up(wiki: WikiServer, endpoint: str) -> None:
    def hang() -> tuple[str, str, bytes]:
        wiki.closing.wait()
        return "200 OK", "text/html", b"{}"

    wiki.broken[endpoint] = hang
    with pytest.raises(WikiAway):
        come_back(wiki, seconds=1)
    wiki.closing.set()


DRIPPED = """
import eventlet
eventlet.monkey_patch()
import sys, time
from core.oauth_wiki import OAuthWiki
from gateway.signin.wiki_client import WikiAway, WikiClient

began = time.monotonic()
client = WikiClient(OAuthWiki.parse(sys.argv[1], "c", "s"), "http://space.test/", seconds=1)
try:
    client.identity("code", "v" * 43)
except WikiAway as error:
    print(error, time.monotonic() - began < 60)
"""


def test_a_wiki_that_drips_its_headers_is_given_up() -> None:
    """In a process with greenlets, as the gateway's is. The wiki never lets a second pass without a byte."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        dripping = threading.Thread(target=_drip, args=(server,))
        dripping.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/w"
        found = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", DRIPPED, address],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        dripping.join()
    assert found.stdout == "late True\n"


def _drip(server: socket.socket) -> None:
    """Take one request, and answer with a header that never ends, until the other side has enough."""
    connection, _ = server.accept()
    with connection, suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        pause = threading.Event()
        while not pause.wait(0.1):
            connection.sendall(b"x")


def test_a_wiki_that_is_not_there_is_away(wiki: WikiServer) -> None:
    nowhere = OAuthWiki.parse("http://127.0.0.1:1/w", CLIENT_ID, "x")
    with pytest.raises(WikiAway):
        WikiClient(nowhere, CALLBACK).identity("code", new_secret())


def test_a_wiki_that_cannot_prove_who_it_is_is_told_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(_self_signed(tmp_path)) as wiki:
        address = f"https://127.0.0.1:{wiki.port}/w"
        client = WikiClient(OAuthWiki.parse(address, CLIENT_ID, "secret"), CALLBACK)
        with pytest.raises(WikiAway):
            client.identity("code", new_secret())
        assert wiki.requests == []
        # This machine's own authorities count.
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "both.pem"))
        with pytest.raises(WikiRefused):
            client.identity("code", new_secret())
        assert wiki.requests == ["access_token"]


def _self_signed(folder: Path) -> ssl.SSLContext:
    """TLS with a certificate for this machine that nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    file = folder / "both.pem"
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + certificate.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_what_is_said_to_the_wiki_is_no_secret_of_ours(wiki: WikiServer) -> None:
    address = WikiClient(wiki.wiki(), CALLBACK).authorization_address("s", "v" * 43, "ar")
    asked = parse_qs(urlsplit(address).query)
    assert asked["ui_locales"] == ["ar"]
    assert "v" * 43 not in address
    assert "client_secret" not in address
    assert wiki.wiki().client_secret not in repr(wiki.wiki())
