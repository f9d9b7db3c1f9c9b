"""A stand-in for a MediaWiki with Extension:OAuth, on a port of this machine: what it does, and what it does wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

from core import clock
from core.oauth_wiki import OAuthWiki

CLIENT_ID, CLIENT_SECRET = "a" * 32, "b" * 40
CALLBACK = "http://space.test/sign-in/wiki/callback"

Answer = tuple[str, str, bytes]
"""Status, media type and body."""


class WikiServer:
    """The wiki. `user` is who is signed in there, with the fields of MediaWiki's profile; `claims` change those of its
    access tokens; `broken` answers in place of an endpoint."""

    def __init__(self) -> None:
        self.user: dict[str, Any] = {"sub": "7", "username": "Sam Rivera", "editcount": 3, "blocked": False}
        self.claims: dict[str, Any] = {}
        self.broken: dict[str, Callable[[], Answer]] = {}
        self.closing = threading.Event()
        self.requests: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._tokens: dict[str, dict[str, Any]] = {}

    def wiki(self) -> OAuthWiki:
        """It, as the settings name it."""
        return OAuthWiki.parse(f"http://127.0.0.1:{self.port}/w/", CLIENT_ID, CLIENT_SECRET)

    def consent(self, address: str, cancel: bool = False) -> str:
        """What a browser does there: the path that it is sent back to, once its user has agreed, or has not."""
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert parts.path == "/w/rest.php/oauth2/authorize"
        assert (asked["client_id"], asked["response_type"]) == (CLIENT_ID, "code")
        assert (asked["redirect_uri"], asked["code_challenge_method"]) == (CALLBACK, "S256")
        code = secrets.token_hex(16)
        self._codes[code] = asked
        answer = {"error": "unauthorized_client"} if cancel else {"code": code}
        return f"/sign-in/wiki/callback?{urlencode({**answer, 'state': asked['state']})}"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        endpoint = environ["PATH_INFO"].removeprefix("/w/rest.php/oauth2/")
        self.requests.append(endpoint)
        if endpoint in self.broken:
            status, media_type, body = self.broken[endpoint]()
        elif endpoint == "access_token":
            sent = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
            status, media_type, body = self._token({name: each[0] for name, each in parse_qs(sent).items()})
        else:
            status, media_type, body = self._profile(environ.get("HTTP_AUTHORIZATION", ""))
        headers = [("Content-Type", media_type), ("Content-Length", str(len(body)))]
        if status.startswith("30"):
            headers.append(("Location", body.decode()))
        start_response(status, headers)
        return [body]

    def _token(self, sent: dict[str, str]) -> Answer:
        asked = self._codes.pop(sent.get("code", ""), None)
        challenge = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or (sent.get("client_id"), sent.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET)
            or (sent.get("grant_type"), sent.get("redirect_uri")) != ("authorization_code", CALLBACK)
            or base64.urlsafe_b64encode(challenge).decode().rstrip("=") != asked["code_challenge"]
        ):
            return _json("400 Bad Request", {"error": "invalid_request", "hint": "no"})
        now = clock.now().timestamp()
        # As MediaWiki 1.39 does, with fractions of seconds.
        claims = {"aud": CLIENT_ID, "jti": "x", "iat": now, "nbf": now, "exp": now + 14400.25}
        claims.update({"sub": self.user["sub"], "scopes": ["mwoauth-authonly"], **self.claims})
        token = ".".join(_part(each) for each in ({"typ": "JWT", "alg": "RS256"}, claims, "signature"))
        self._tokens[token] = dict(self.user)
        return _json(
            "200 OK",
            {"token_type": "Bearer", "expires_in": 14400, "access_token": token, "refresh_token": "r"},
        )

    def _profile(self, authorization: str) -> Answer:
        user = self._tokens.get(authorization.removeprefix("Bearer "))
        if user is None:
            return _json("401 Unauthorized", {"error": "access_denied"})
        status, _, body = _json("200 OK", user)
        return status, "text/html; charset=UTF-8", body

    def serve(self, tls: ssl.SSLContext | None) -> None:
        """Answer until `closing`, in a thread."""
        server = make_server("127.0.0.1", 0, self, handler_class=_Quiet)
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        self.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self._stop = (server, thread)

    def close(self) -> None:
        """Stop, also what hangs."""
        self.closing.set()
        server, thread = self._stop
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[WikiServer]:
    """A wiki that runs as long as the block."""
    server = WikiServer()
    server.serve(tls)
    try:
        yield server
    finally:
        server.close()


def _json(status: str, value: object) -> Answer:
    return status, "application/json", json.dumps(value).encode()


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""
