"""The address of an Elasticsearch: what it says, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.search_server import SearchServer


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("http://localhost", SearchServer("http://localhost:9200")),
        ("https://search.example", SearchServer("https://search.example:443")),
        ("https://search.example:9243/site-1/", SearchServer("https://search.example:9243", "site-1")),
        ("http://[::1]:9200", SearchServer("http://[::1]:9200")),
        ("https://a:b%40c@search.example", SearchServer("https://search.example:443", user=("a", "b@c"))),
    ],
)
def test_a_url_says_where_it_is(url: str, server: SearchServer) -> None:
    assert SearchServer.parse(url) == server


@pytest.mark.parametrize(
    ("url", "key", "authorities"),
    [
        ("search.example:9200", None, None),
        ("ftp://search.example", None, None),
        ("https://", None, None),
        ("https://search.example/Big", None, None),
        ("https://search.example/a/b", None, None),
        ("https://search.example?x=1", None, None),
        ("https://user@search.example", None, None),
        ("https://user:password@search.example", "key", None),
        ("http://search.example", None, "/dev/null"),
        ("https://search.example", None, "/nowhere/at/all.pem"),
    ],
)
def test_what_is_no_server_is_refused(url: str, key: str | None, authorities: str | None) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        SearchServer.parse(url, key, authorities)


def test_a_file_of_authorities_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("")
    assert SearchServer.parse("https://search.example", "key", str(file)).authorities == file


def test_no_secret_is_shown() -> None:
    shown = repr(SearchServer.parse("https://me:secret@search.example")) + repr(
        SearchServer.parse("https://search.example", "secret")
    )
    assert "secret" not in shown
