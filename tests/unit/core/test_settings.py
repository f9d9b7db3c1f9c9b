"""Settings are used, or refused with a message that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.settings import Settings, SettingsError


def test_an_index_that_does_not_exist_yet_is_refused(tmp_path: Path) -> None:
    environment = {"SPACE_HOME": str(tmp_path), "SPACE_SEARCH_URL": "http://127.0.0.1:9200"}
    with pytest.raises(SettingsError, match=r"SPACE_SEARCH_URL.*embedded:"):
        Settings.from_environment(environment)
    assert Settings.from_environment({**environment, "SPACE_SEARCH_URL": "embedded:"}).databases


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
