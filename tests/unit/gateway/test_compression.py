"""What goes out is compressed as its client accepts it, and stays the same content."""

from __future__ import annotations

import gzip
import json

import brotli  # type: ignore[import-untyped]
import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from gateway import compression

TEXT = "a page of words " * 200


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    compression.install(app)

    @app.get("/<kind>")
    def respond(kind: str) -> Response:
        if kind == "stream":
            return Response((part for part in (TEXT, TEXT)), mimetype="text/event-stream")
        if kind == "small":
            return Response("ok", mimetype="text/html")
        if kind == "picture":
            return Response(b"\x89PNG" * 1000, mimetype="image/png")
        response = Response(TEXT, mimetype="text/html")
        response.add_etag()
        return response

    return app.test_client()


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("br", "br"),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("*", "br"),
        ("identity", ""),
        ("br;q=0, gzip;q=0", ""),
        ("*;q=0", ""),
        ("deflate", ""),
        ("", ""),
        (None, ""),
        ("br;q=nonsense", ""),
        (", ,;;", ""),
    ],
)
def test_the_client_chooses_the_encoding(accepted: str | None, encoding: str) -> None:
    assert compression.encoding_for(accepted) == encoding


@pytest.mark.parametrize(("encoding", "read"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_a_page_is_compressed_and_reads_the_same(client: FlaskClient, encoding: str, read: object) -> None:
    answer = client.get("/page", headers={"Accept-Encoding": encoding})
    assert answer.headers["Content-Encoding"] == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert int(answer.headers["Content-Length"]) == len(answer.data) < len(TEXT) / 5
    assert callable(read)
    assert read(answer.data).decode() == TEXT


@pytest.mark.parametrize("kind", ["small", "picture", "stream"])
def test_what_gains_nothing_goes_out_as_it_is(client: FlaskClient, kind: str) -> None:
    answer = client.get(f"/{kind}", headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in answer.headers


def test_the_etag_says_that_the_bytes_may_differ(client: FlaskClient) -> None:
    plain = client.get("/page").headers["ETag"]
    packed = client.get("/page", headers={"Accept-Encoding": "br"}).headers["ETag"]
    assert not plain.startswith("W/")
    assert packed == f"W/{plain}"


@pytest.mark.slow
def test_a_feed_that_came_compressed_is_unchanged_by_its_etag(stranger: FlaskClient) -> None:
    first = stranger.get("/api/v1/openapi.json", headers={"Accept-Encoding": "br"})
    assert first.headers["Content-Encoding"] == "br"
    assert json.loads(brotli.decompress(first.data))["openapi"].startswith("3.1")
    again = stranger.get(
        "/api/v1/openapi.json", headers={"Accept-Encoding": "br", "If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")
