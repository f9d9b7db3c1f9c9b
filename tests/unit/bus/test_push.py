"""Messages reach push services encrypted and signed, and go nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bus.push.delivery import (
    Message,
    MessageRefused,
    PushSender,
    ServiceBusy,
    SubscriptionGone,
    topic_name,
)
from bus.push.encryption import LONGEST, Recipient, encrypt, encrypt_with
from core.settings import Settings
from core.web_push import PushKey, decoded, encoded
from tests.push_service import RunningService, Subscriber, check_signature, push_service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    with push_service(tmp_path) as running:
        yield running


def settings_at(home: Path, **more: str) -> Settings:
    return Settings.from_environment(
        {"SPACE_HOME": str(home), "SPACE_PUSH_CONTACT": "mailto:admin@space.example", **more}
    )


def sender_to(service: RunningService, home: Path, **options: Any) -> PushSender:
    settings = settings_at(home, SPACE_PUSH_HOSTS=f"localhost:{service.port}")
    usual: dict[str, Any] = {"may_connect": lambda _: True, "context": service.context}
    return PushSender(settings, **(usual | options))


def message_to(subscriber: Subscriber, content: bytes = b"Hello", endpoint: str | None = None) -> Message:
    keys = subscriber.keys
    return Message(
        endpoint=endpoint or keys["endpoint"],
        recipient=Recipient(keys["p256dh"], keys["auth"]),
        content=content,
        ttl=600,
        urgency="high",
        topic="device/topic/x",
    )


def test_the_example_of_the_standard_is_encrypted_as_it_says() -> None:
    """RFC 8291, section 5."""
    recipient = Recipient(
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    )
    own = PushKey.parse("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw").private
    body = encrypt_with(
        b"When I grow up, I want to be a watermelon", recipient, own, decoded("DGv6ra1nlYgDCS1FRnbzlw"), 0
    )
    assert encoded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK"
        "6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_a_browser_reads_what_was_encrypted_for_it_and_no_other_does() -> None:
    subscriber, other = Subscriber("https://x.example/1"), Subscriber("https://x.example/2")
    body = encrypt("Grüße, مرحبا".encode(), message_to(subscriber).recipient)
    assert subscriber.decrypt(body).decode() == "Grüße, مرحبا"
    with pytest.raises(Exception, match=r".*"):
        other.decrypt(body)
    subscriber.decrypt(encrypt(b"a" * LONGEST, message_to(subscriber).recipient))
    with pytest.raises(ValueError, match="too long"):
        encrypt(b"a" * (LONGEST + 1), message_to(subscriber).recipient)


def test_the_length_of_a_message_does_not_show() -> None:
    recipient = message_to(Subscriber("https://x.example/1")).recipient
    assert len({len(encrypt(b"a" * length, recipient)) for length in (1, 500, 1000)}) == 1


def test_a_message_reaches_the_service_signed(service: RunningService, tmp_path: Path) -> None:
    subscriber = Subscriber(service.endpoint(201))
    sender_to(service, tmp_path).send(message_to(subscriber, b'{"a":1}'))
    taken = service.take()
    assert subscriber.read(taken.body) == {"a": 1}
    key = PushKey.parse(settings_at(tmp_path).push_private_key).public
    claims = check_signature(taken.headers["authorization"], key)
    assert (claims["aud"], claims["sub"]) == (
        f"https://localhost:{service.port}",
        "mailto:admin@space.example",
    )
    named = {name: taken.headers[name] for name in ("ttl", "urgency", "content-encoding")}
    assert named == {"ttl": "600", "urgency": "high", "content-encoding": "aes128gcm"}
    assert taken.headers["topic"] == topic_name("device/topic/x")
    assert taken.headers["topic"].isalnum()
    assert len(taken.headers["topic"]) == 32
    assert "cookie" not in taken.headers


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (404, SubscriptionGone),
        (410, SubscriptionGone),
        (429, ServiceBusy),
        (503, ServiceBusy),
        (400, MessageRefused),
        (403, MessageRefused),
        (413, MessageRefused),
    ],
)
def test_what_the_service_answers_says_what_follows(
    service: RunningService, tmp_path: Path, status: int, raised: type[Exception]
) -> None:
    with pytest.raises(raised) as error:
        sender_to(service, tmp_path).send(message_to(Subscriber(service.endpoint(status))))
    assert "secret" not in str(error.value), "the endpoint is a secret"
    if isinstance(error.value, ServiceBusy):
        assert error.value.seconds == (90.0 if status == 429 else 60.0)


def test_a_redirect_is_not_followed(service: RunningService, tmp_path: Path) -> None:
    sender = sender_to(service, tmp_path)
    with pytest.raises(MessageRefused):
        sender.send(message_to(Subscriber(service.endpoint(302))))
    sender.send(message_to(Subscriber(service.endpoint(201))))
    assert [service.take().path[-3:] for _ in range(2)] == ["302", "201"], "one request each"


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://localhost:{port}/push/201",
        "https://localhost/push/201",
        "https://user@localhost:{port}/push/201",
        "https://localhost.evil.example:{port}/push/201",
        "https://127.0.0.1:{port}/push/201",
        "https://localhost:{port}\\@evil.example/201",
        "ftp://localhost:{port}/201",
    ],
)
def test_what_is_no_listed_service_is_never_asked(
    service: RunningService, tmp_path: Path, endpoint: str
) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    sender = sender_to(service, tmp_path, resolve=resolve)
    with pytest.raises(MessageRefused):
        sender.send(message_to(Subscriber(""), endpoint=endpoint.format(port=service.port)))
    assert asked == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.7",
        "169.254.169.254",
        "192.168.1.1",
        "::1",
        "::ffff:10.0.0.7",
        "fe80::1",
        "fd00::1",
    ],
)
def test_a_listed_name_that_leads_into_our_own_network_is_not_asked(
    service: RunningService, tmp_path: Path, address: str
) -> None:
    settings = settings_at(tmp_path, SPACE_PUSH_HOSTS=f"localhost:{service.port}")
    found = ["93.184.216.34", address]
    sender = PushSender(settings, resolve=lambda *_: found[1:], context=service.context)
    mixed = PushSender(settings, resolve=lambda *_: found, context=service.context)
    for each in (sender, mixed):
        with pytest.raises(ServiceBusy, match="can't be reached"):
            each.send(message_to(Subscriber(service.endpoint(201))))
    sender_to(service, tmp_path).send(message_to(Subscriber(service.endpoint(410).replace("410", "202"))))
    assert service.take().path.endswith("202"), "nothing came before"


def test_a_certificate_of_somebody_else_is_not_taken(service: RunningService, tmp_path: Path) -> None:
    settings = settings_at(tmp_path, SPACE_PUSH_HOSTS=f"localhost:{service.port}")
    with pytest.raises(ServiceBusy, match="SSLCertVerificationError"):
        PushSender(settings, may_connect=lambda _: True).send(message_to(Subscriber(service.endpoint(201))))
