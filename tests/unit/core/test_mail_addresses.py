"""Addresses at which mail is taken: each says whom and what it is for, to nobody but us."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.ids import bytes_of_id, id_of_bytes, new_id
from core.mail_addresses import BounceAddress, MailAddresses, ReplyAddress
from core.settings import Settings, SettingsError

KEY, OTHER = bytes(32), b"1" * 32


def addresses(key: bytes = KEY, *more: bytes) -> MailAddresses:
    return MailAddresses("reply.space.example", [key, *more])


def test_an_address_says_who_replies_where() -> None:
    person, topic = new_id(), new_id()
    made = addresses().for_reply(person, topic)
    assert addresses().open(made) == addresses().open(made.upper()) == ReplyAddress(person, topic)
    assert made == addresses().for_reply(person, topic), "each attempt to send a mail makes the same"
    assert person not in made
    assert topic not in made


def test_an_address_of_a_bounce_says_of_which_address() -> None:
    person = new_id()
    found = addresses().open(addresses().for_bounce(person, "Sam@x.example"))
    assert isinstance(found, BounceAddress)
    assert found.person_id == person
    assert found.is_of("sam@X.example")
    assert not found.is_of("other@x.example")


def test_their_local_parts_are_as_short_as_they_must_be() -> None:
    longest = "z" * 16
    for made in (addresses().for_reply(longest, longest), addresses().for_bounce(longest, "a@b.example")):
        local, _, domain = made.rpartition("@")
        assert len(local) <= 64
        assert local == local.lower()
        assert domain == "reply.space.example"


def test_nobody_makes_or_changes_one() -> None:
    made = addresses().for_reply(new_id(), new_id())
    local, _, domain = made.rpartition("@")
    assert addresses(OTHER).open(made) is None
    assert addresses(OTHER, KEY).open(made) is not None, "while the key is changed"
    for position in range(6, len(local) - 1):
        changed = local[:position] + ("a" if local[position] != "a" else "b") + local[position + 1 :]
        assert addresses().open(f"{changed}@{domain}") is None
    for wrong in (
        made.replace("reply+", "bounce+"), f"{local}@other.example", local, "", "@", "reply+@reply.space.example",
        f"{local}é@{domain}", f"reply+{'a' * 500}@{domain}", "reply+1@reply.space.example", f"{local[:-8]}@{domain}",
    ):  # fmt: skip
        assert addresses().open(wrong) is None, wrong


def test_an_id_and_its_bytes() -> None:
    for id in ("0" * 16, "z" * 16, new_id()):
        assert id_of_bytes(bytes_of_id(id)) == id
    for wrong in ("", "0" * 15, "u" * 16):
        with pytest.raises(ValueError):
            bytes_of_id(wrong)


def settings(home: Path, **more: str) -> Settings:
    return Settings.from_environment({"SPACE_HOME": str(home), **more})


def test_without_a_domain_there_are_none(tmp_path: Path) -> None:
    assert MailAddresses.of(settings(tmp_path)) is None
    made = MailAddresses.of(settings(tmp_path, SPACE_MAIL_DOMAIN="Reply.Space.example"))
    assert made is not None
    assert made.for_bounce(new_id(), "a@b.example").endswith("@reply.space.example")


def test_where_mail_is_taken(tmp_path: Path) -> None:
    domain = {"SPACE_MAIL_DOMAIN": "space.example"}
    found = settings(tmp_path, SPACE_MAIL_IN="lmtp://127.0.0.1:2003", **domain).mail_in
    assert found is not None
    assert (found.protocol, found.host, found.port) == ("lmtp", "127.0.0.1", 2003)
    for wrong in (
        "127.0.0.1:2003",
        "lmtp://127.0.0.1",
        "http://a:1",
        "lmtp://a:1/x",
        "smtp://u@a:1",
        "lmtp://a:x",
    ):
        with pytest.raises(SettingsError, match="SPACE_MAIL_IN"):
            settings(tmp_path, SPACE_MAIL_IN=wrong, **domain)
    with pytest.raises(SettingsError, match="SPACE_MAIL_DOMAIN"):
        settings(tmp_path, SPACE_MAIL_IN="lmtp://127.0.0.1:2003")
    for wrong in ("a b", "-a.example", "x" * 200, "é.example", "a@b"):
        with pytest.raises(SettingsError, match="SPACE_MAIL_DOMAIN"):
            settings(tmp_path, SPACE_MAIL_DOMAIN=wrong)
