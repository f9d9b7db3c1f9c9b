"""Only the site's own host names are served, and no redirect leads to the host that a request names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from core.settings import Settings, SettingsError
from gateway.hosts import TrustedHosts
from tests.unit.gateway.fakes import settings

EVIL = [
    "evil.example",
    "evil.example:8000",
    "evil.example.",
    "space.example.evil.example",
    "evil-space.example",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil.example",
    "localhost/evil.example",
    "localhost evil.example",
    "localhost:80:80",
    "[::1].evil.example",
    "[::1]evil",
    "[::2]",
    "",
    "☃.example",
    "local\thost",
]


def served(tmp_path: Path, name: str | None, **more: Any) -> bool:
    """Whether a request with this `Host` is served; if not, the application gets the public name."""
    seen: list[dict[str, Any]] = []

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.append(environ)
        return []

    config = settings(tmp_path).model_copy(update={"base_url": "https://space.example:8443", **more})
    TrustedHosts(application, config)({} if name is None else {"HTTP_HOST": name}, None)
    refused = bool(seen[0].get("space.host_refused"))
    if refused:
        assert seen[0]["HTTP_HOST"] == "space.example:8443"
    return not refused


@pytest.mark.parametrize("host", EVIL)
def test_other_names_are_refused(tmp_path: Path, host: str) -> None:
    assert not served(tmp_path, host)


@pytest.mark.parametrize(
    "host",
    ["space.example", "space.example:8443", "SPACE.example", "localhost:8001", "127.0.0.1", "[::1]:80", None],
)
def test_own_names_and_loopback_are_served(tmp_path: Path, host: str | None) -> None:
    assert served(tmp_path, host)


def test_an_operator_may_name_more(tmp_path: Path) -> None:
    assert not served(tmp_path, "www.space.example")
    assert served(tmp_path, "www.space.example", trusted_hosts=("www.space.example",))
    assert served(tmp_path, "192.0.2.7:8000", host="192.0.2.7")


def test_the_setting_is_a_list_of_names(tmp_path: Path) -> None:
    def read(value: str) -> tuple[str, ...]:
        given = {"SPACE_HOME": str(tmp_path), "SPACE_TRUSTED_HOSTS": value}
        return Settings.from_environment(given).trusted_hosts

    assert read("WWW.Space.example, 192.0.2.7,[2001:db8::1]") == (
        "www.space.example",
        "192.0.2.7",
        "[2001:db8::1]",
    )
    with pytest.raises(SettingsError, match="SPACE_TRUSTED_HOSTS"):
        read("https://space.example/")


@pytest.mark.parametrize("host", EVIL)
@pytest.mark.parametrize("path", ["/", "/news//x", "//evil.example/news", "/api/v1/topics", "/feeds/all.rss"])
def test_nothing_of_the_host_is_in_the_response(stranger: FlaskClient, host: str, path: str) -> None:
    answer = stranger.get(path, headers={"Host": host.encode().decode("latin-1")})
    assert answer.status_code == 421
    assert "Location" not in answer.headers
    assert "evil" not in answer.text.replace("//evil.example/news", "")
    if path.startswith("/api/"):
        assert answer.json["code"] == "host-unknown"  # type: ignore[index]


@pytest.mark.parametrize(
    ("path", "query", "to"),
    [
        ("/news//x", "", "/news/x"),
        ("//news//x", "y=%2F%2Fevil.example", "/news/x?y=%2F%2Fevil.example"),
        ("///talk//evil.example", "", "/talk/evil.example"),
    ],
)
def test_a_redirect_leads_to_a_path(stranger: FlaskClient, path: str, query: str, to: str) -> None:
    # A client would take `//news` for a host.
    answer = stranger.get("/", environ_overrides={"PATH_INFO": path, "QUERY_STRING": query})
    if answer.status_code != 404:
        assert (answer.status_code, answer.headers["Location"]) == (308, to)
