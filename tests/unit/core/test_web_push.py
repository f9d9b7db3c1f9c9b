"""The key of Web Push, and which services may be asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.settings import Settings, SettingsError
from core.web_push import HOSTS, PushKey, address_of, check_keys, is_public, new_private_key, parse_hosts
from tests.push_service import Subscriber


def settings_at(home: Path, **more: str) -> Settings:
    return Settings.from_environment({"SPACE_HOME": str(home), **more})


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first, second = settings_at(tmp_path), settings_at(tmp_path)
    assert first.push_private_key == second.push_private_key
    assert (tmp_path / "push-private-key").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.glob("push-private-key*")] == ["push-private-key"]
    assert settings_at(tmp_path / "other").push_private_key != first.push_private_key
    assert first.push_private_key not in repr(first)


def test_the_key_of_the_environment_comes_before_it(tmp_path: Path) -> None:
    key = new_private_key()
    assert settings_at(tmp_path, SPACE_PUSH_PRIVATE_KEY=key).push_private_key == key
    assert not (tmp_path / "push-private-key").exists()
    assert len(PushKey.parse(key).public) == 87


@pytest.mark.parametrize("value", ["short", "é" * 43, "A" * 43, "_" * 43])
def test_what_is_no_key_is_refused_without_being_told(tmp_path: Path, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        settings_at(tmp_path, SPACE_PUSH_PRIVATE_KEY=value)
    assert value not in str(error.value)
    assert "SPACE_PUSH_PRIVATE_KEY" in str(error.value)


def test_the_contact_is_the_sender_of_mail_or_what_is_set(tmp_path: Path) -> None:
    by_mail = settings_at(tmp_path, SPACE_MAIL_FROM="Space <space@mail.example>")
    assert by_mail.push_contact == "mailto:space@mail.example"
    page = "https://space.example/contact"
    assert settings_at(tmp_path, SPACE_PUSH_CONTACT=page).push_contact == page
    for value in ("admin@space.example", "http://space.example", "mailto:", "mailto:a b@x.example"):
        with pytest.raises(SettingsError, match="SPACE_PUSH_CONTACT"):
            settings_at(tmp_path, SPACE_PUSH_CONTACT=value)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://web.push.apple.com/QOXa",
        "https://wns2-par02p.notify.windows.com/w/?token=BQYA",
    ],
)
def test_the_services_of_the_usual_browsers_may_be_asked(endpoint: str) -> None:
    assert address_of(endpoint, HOSTS)[1] == 443


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example/fcm.googleapis.com",
        "https://fcm.googleapis.com.evil.example/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://fcm.googleapis.com:8443/x",
        "https://push.apple.com/x",
        "https://.push.apple.com/x",
        f"https://{'a' * 64}.push.apple.com/x",
        "https://evilpush.apple.com/x",
        "https://fcm.googleapis.com/" + "x" * 1000,
        "https://fcm.googleapis.com/\r\nHost: evil",
        "https://fcm.googleapis.com:port/",
        "https://[::1]/",
        "",
    ],
)
def test_others_may_not(endpoint: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        address_of(endpoint, HOSTS)


def test_an_operator_lists_others(tmp_path: Path) -> None:
    assert parse_hosts("Push.Example, *.up.example:8443") == ("push.example", "*.up.example:8443")
    settings = settings_at(tmp_path, SPACE_PUSH_HOSTS="push.example")
    assert address_of("https://push.example/x", settings.push_hosts) == ("push.example", 443)
    for value in ("https://push.example", "push example", "*"):
        with pytest.raises(SettingsError, match="SPACE_PUSH_HOSTS"):
            settings_at(tmp_path, SPACE_PUSH_HOSTS=value)


def test_keys_are_a_point_of_the_curve_and_sixteen_bytes() -> None:
    keys = Subscriber("").keys
    check_keys(keys["p256dh"], keys["auth"])
    off_curve = "B" + "A" * 86
    for p256dh, auth in (
        (off_curve, keys["auth"]),
        (keys["p256dh"], "AAAA"),
        ("x", "y"),
        (keys["auth"], keys["auth"]),
    ):
        with pytest.raises(ValueError, match=r".*"):
            check_keys(p256dh, auth)


def test_public_addresses_are_those_of_the_internet() -> None:
    assert is_public("93.184.216.34")
    assert is_public("2606:4700::1111")
    for address in ("127.0.0.1", "0.0.0.0", "100.64.0.1", "224.0.0.1", "::", "::ffff:127.0.0.1"):
        assert not is_public(address), address
