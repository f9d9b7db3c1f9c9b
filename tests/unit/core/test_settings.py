"""Settings are used, or refused with a message that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.search_server import SearchServer
from core.settings import Settings, SettingsError


def test_the_index_is_embedded_or_on_a_server(tmp_path: Path) -> None:
    environment = {"SPACE_HOME": str(tmp_path)}
    for url in ("", "embedded:"):
        assert Settings.from_environment({**environment, "SPACE_SEARCH_URL": url}).search_server is None
    given = {
        **environment,
        "SPACE_SEARCH_URL": "https://search.example:9200/site",
        "SPACE_SEARCH_API_KEY": "secret",
    }
    server = Settings.from_environment(given).search_server
    assert server == SearchServer("https://search.example:9200", "site", "secret")
    assert "secret" not in repr(server)


def test_an_index_that_is_none_is_refused_without_its_password(tmp_path: Path) -> None:
    environment = {"SPACE_HOME": str(tmp_path), "SPACE_SEARCH_URL": "ftp://me:secret@search.example"}
    with pytest.raises(SettingsError, match=r"SPACE_SEARCH_URL.*embedded:") as refused:
        Settings.from_environment(environment)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("SPACE_OPS_PORT", "-1"),
        ("SPACE_LOG_FORMAT", "xml"),
        ("SPACE_TRUSTED_PROXIES", "proxy"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({"SPACE_HOME": str(tmp_path), name: value})


def test_a_secret_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    settings = Settings.from_environment(
        {"SPACE_HOME": str(tmp_path), "SPACE_SECRET_KEY_FILE": str(tmp_path / "key")}
    )
    assert settings.secret_key == "from a file"


def test_a_wiki_is_set_as_a_whole_and_is_safe_to_talk_to(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of the client\n")
    whole = {
        "SPACE_HOME": str(tmp_path),
        "SPACE_OAUTH_WIKI": "https://meta.example/w/",
        "SPACE_OAUTH_CLIENT_ID": "id",
        "SPACE_OAUTH_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
    }
    wiki = Settings.from_environment(whole).oauth
    assert wiki is not None
    assert (wiki.script_path, wiki.host) == ("https://meta.example/w", "meta.example")
    assert wiki.endpoint("authorize") == "https://meta.example/w/rest.php/oauth2/authorize"
    assert (wiki.client_id, wiki.client_secret) == ("id", "of the client")
    assert "of the client" not in repr(Settings.from_environment(whole))
    assert Settings.from_environment({"SPACE_HOME": str(tmp_path)}).oauth is None
    for name in ("SPACE_OAUTH_WIKI", "SPACE_OAUTH_CLIENT_ID", "SPACE_OAUTH_CLIENT_SECRET_FILE"):
        with pytest.raises(SettingsError, match="some are missing"):
            Settings.from_environment({**whole, name: ""})
    assert Settings.from_environment({**whole, "SPACE_OAUTH_WIKI": "http://127.0.0.1:8080/w"}).oauth
    for address in (
        "meta.example", "ftp://meta.example/w", "http://meta.example/w", "https://u:p@meta.example/w",
        "https://meta.example/w?x", "https://meta.example/w#x", "https://meta.example:0x/w", "https:///w",
        f"https://meta.example/{'w' * 200}", "http://127.0.0.1@evil.example/w",
    ):  # fmt: skip
        with pytest.raises(SettingsError, match="SPACE_OAUTH_WIKI"):
            Settings.from_environment({**whole, "SPACE_OAUTH_WIKI": address})
