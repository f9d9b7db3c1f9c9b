"""Calls over RabbitMQ are carried out only if their sender signed them: everything else is refused, and counted."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pika
import pytest

from bus.rpc.client import RpcClient
from bus.rpc.keys import OPERATOR, CallKeys, derived_key, environment
from bus.rpc.signing import GATEWAY, CallMessage, CallSigner
from bus.transport.connect import connect
from contracts.common import Producer
from contracts.errors import Unavailable
from core import clock
from core.audience import STRANGER, Viewer
from core.settings import Settings
from tests import servers
from tests.bus.harness import AlphaApi, AlphaService, BusHarness, eventually
from tests.bus.helpers import sample

ADMINISTRATOR = Viewer(person_id="0" * 16, name="Ann", roles=frozenset({"administrator"}))
REASONS = ("unsigned", "forged", "expired", "from-the-future", "replayed", "not-permitted", "broken")


@pytest.fixture
def rabbit(rabbit: BusHarness) -> BusHarness:
    rabbit.start(AlphaService)
    return rabbit


class Intruder:
    """Somebody who reaches the broker with every permission, and has no key of the system."""

    def __init__(self, channel: Any, signer: CallSigner | None = None) -> None:
        self.channel = channel
        self.signer = signer
        self.queue = f"replies.intruder.{uuid.uuid4().hex}"
        channel.queue_declare(self.queue, exclusive=True)
        channel.queue_bind(self.queue, "space.replies", self.queue)

    def message(self, text: str = "forged", service: str = "alpha", method: str = "note") -> CallMessage:
        arguments = [ADMINISTRATOR.model_dump(mode="json"), text, "a"] if method == "note" else []
        return CallMessage(
            service=service,
            reply_to=self.queue,
            correlation_id=uuid.uuid4().hex,
            request_key="",
            body=json.dumps({"method": method, "args": arguments}).encode(),
        )

    def signed(self, message: CallMessage, seconds: float = 5.0) -> dict[str, Any]:
        assert self.signer is not None
        return self.signer.headers(message, seconds)

    def send(self, message: CallMessage, headers: dict[str, Any], to: str = "alpha") -> Any:
        """The reply to a message."""
        properties = pika.BasicProperties(
            reply_to=message.reply_to,
            correlation_id=message.correlation_id,
            headers={"request-key": message.request_key, "seconds-left": 5, **headers},
            content_type="application/json",
        )
        self.channel.basic_publish("space.requests", to, message.body, properties)
        return json.loads(eventually(self._read))

    def _read(self) -> Any:
        return self.channel.basic_get(self.queue, auto_ack=True)[2]


@contextmanager
def intruder(signer: CallSigner | None = None) -> Iterator[Intruder]:
    with pika.BlockingConnection(pika.URLParameters(servers.bus_url())) as connection:
        yield Intruder(connection.channel(), signer)


def gateway_signer(harness: BusHarness, ahead: float = 0.0) -> CallSigner:
    """The gateway's own signer, on a clock that is `ahead` seconds fast."""
    key = derived_key(harness.settings.secret_key, GATEWAY)
    return CallSigner(GATEWAY, key, lambda: clock.now().timestamp() + ahead)


@contextmanager
def refused(harness: BusHarness, reason: str) -> Iterator[None]:
    """The block's calls are counted as refused for this reason, and alpha's log stays empty."""
    before = {each: count(each) for each in REASONS}
    yield
    assert {each: count(each) - before[each] for each in REASONS if count(each) > before[each]} == {reason: 1}
    assert harness.alpha.log_end() == 0


def count(reason: str) -> float:
    return sample("space_calls_refused_total", service="alpha", reason=reason)


UNVERIFIED = {"kind": "unavailable", "code": "call-unverified", "params": {"service": "alpha"}}


def assert_unverified(reply: Any) -> None:
    assert {name: reply["error"][name] for name in UNVERIFIED} == UNVERIFIED


def test_a_call_that_the_gateway_signed_is_carried_out(rabbit: BusHarness) -> None:
    with intruder(gateway_signer(rabbit)) as one:
        message = one.message()
        assert one.send(message, one.signed(message))["result"]["text"] == "forged"


def test_an_unsigned_call_is_refused(rabbit: BusHarness) -> None:
    with intruder() as one, refused(rabbit, "unsigned"):
        assert_unverified(one.send(one.message(), {}))


@pytest.mark.parametrize("sender", [GATEWAY, "alpha", "nobody", OPERATOR])
def test_a_call_signed_with_another_key_is_refused(rabbit: BusHarness, sender: str) -> None:
    with (
        intruder(CallSigner(sender, derived_key("a guess", GATEWAY))) as one,
        refused(rabbit, "forged"),
    ):
        message = one.message()
        assert_unverified(one.send(message, one.signed(message)))


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("call-signature", "not base64"),
        ("call-signature", "AAAA"),
        ("call-signature", 7),
        ("call-issued", "yesterday"),
        ("call-expires", None),
        ("call-sender", ["gateway"]),
        ("call-nonce", 1),
    ],
)
def test_a_broken_signature_is_refused(rabbit: BusHarness, header: str, value: Any) -> None:
    with intruder(gateway_signer(rabbit)) as one, refused(rabbit, "forged"):
        message = one.message()
        assert_unverified(one.send(message, {**one.signed(message), header: value}))


def test_the_signature_of_another_call_is_refused(rabbit: BusHarness) -> None:
    """Of other arguments (so another viewer), another method, another reply queue, another key of idempotency."""
    with intruder(gateway_signer(rabbit)) as one:
        signed = one.message("signed")
        for other in (
            one.message("another"),
            replace(signed, body=one.message(method="log_end").body),
            replace(signed, correlation_id=uuid.uuid4().hex),
            replace(signed, request_key="another"),
        ):
            with refused(rabbit, "forged"):
                assert_unverified(one.send(other, one.signed(signed)))


def test_a_call_to_another_service_is_refused(rabbit: BusHarness) -> None:
    with intruder(gateway_signer(rabbit)) as one, refused(rabbit, "forged"):
        message = one.message(service="beta")
        assert_unverified(one.send(message, one.signed(message), to="alpha"))


@pytest.mark.parametrize(("ahead", "reason"), [(-40.0, "expired"), (40.0, "from-the-future")])
def test_a_call_outside_of_its_time_is_refused(rabbit: BusHarness, ahead: float, reason: str) -> None:
    with intruder(gateway_signer(rabbit, ahead)) as one, refused(rabbit, reason):
        message = one.message()
        assert_unverified(one.send(message, one.signed(message)))


@pytest.mark.parametrize("ahead", [-25.0, 25.0])
def test_clocks_may_differ_a_little(rabbit: BusHarness, ahead: float) -> None:
    with intruder(gateway_signer(rabbit, ahead)) as one:
        message = one.message()
        assert "result" in one.send(message, one.signed(message))


def test_nobody_can_sign_for_longer_than_a_minute(rabbit: BusHarness) -> None:
    with intruder(gateway_signer(rabbit)) as one:
        headers = one.signed(one.message(), seconds=86_400)
        assert headers["call-expires"] - headers["call-issued"] == 60_000


def test_a_call_that_is_sent_again_is_refused(rabbit: BusHarness) -> None:
    with intruder(gateway_signer(rabbit)) as one:
        message = one.message(method="log_end")
        headers = one.signed(message)
        assert one.send(message, headers)["result"] == 0
        with refused(rabbit, "replayed"):
            assert_unverified(one.send(message, headers))


def test_a_service_that_was_taken_over_can_name_no_viewer(rabbit: BusHarness) -> None:
    """It has a key of its own, by which it may read logs, and nothing else."""
    with intruder(CallSigner("search", derived_key(rabbit.settings.secret_key, "search"))) as one:
        reading = one.message(method="log_end")
        assert one.send(reading, one.signed(reading))["result"] == 0
        with refused(rabbit, "not-permitted"):
            message = one.message()
            assert_unverified(one.send(message, one.signed(message)))


def test_a_service_calls_what_a_contract_opens_for_it_and_nothing_else(rabbit: BusHarness) -> None:
    for sender, permitted in (("notify", True), ("search", False), (OPERATOR, False)):
        with intruder(CallSigner(sender, derived_key(rabbit.settings.secret_key, sender))) as one:
            body = json.dumps({"method": "time_left", "args": [STRANGER.model_dump(mode="json")]}).encode()
            reading = replace(one.message(), body=body)
            if permitted:
                assert one.send(reading, one.signed(reading))["result"] > 0
            else:
                with refused(rabbit, "not-permitted"):
                    assert_unverified(one.send(reading, one.signed(reading)))
            with refused(rabbit, "not-permitted"):
                message = one.message()
                assert_unverified(one.send(message, one.signed(message)))


def test_a_signed_message_that_is_not_a_call_is_refused(rabbit: BusHarness) -> None:
    with intruder(gateway_signer(rabbit)) as one:
        for body in (b"{", b"[]", b"\xff"):
            with refused(rabbit, "broken"):
                message = replace(one.message(), body=body)
                assert_unverified(one.send(message, one.signed(message)))


def refusal(settings: Settings) -> str:
    """The code of the error that a call by a process with these settings raises, `""` if it succeeds."""
    transport = connect(settings.bus_url, CallKeys(settings, GATEWAY))
    try:
        RpcClient(transport).proxy(AlphaApi, "alpha").note(STRANGER, "from another process", "a")
    except Unavailable as error:
        return error.code
    finally:
        transport.close()
    return ""


@contextmanager
def alpha_with(harness: BusHarness, settings: Settings) -> Iterator[None]:
    """Alpha runs with other settings."""
    harness.stop(AlphaService)
    harness.transport.close()
    harness.settings = settings
    harness.transport = connect(settings.bus_url, CallKeys(settings, GATEWAY))
    harness.client = RpcClient(harness.transport)
    harness.start(AlphaService)
    yield


def test_the_secret_can_be_changed_without_a_stop(rabbit: BusHarness) -> None:
    old = rabbit.settings
    new = old.model_copy(update={"secret_key": "the new secret"})
    assert refusal(old) == ""
    assert refusal(new) == "call-unverified"
    with alpha_with(rabbit, new.model_copy(update={"secret_key_accepted": old.secret_key})):
        assert refusal(old) == ""
        assert refusal(new) == ""


def test_a_process_needs_no_secret_but_its_own_key(rabbit: BusHarness) -> None:
    settings = rabbit.settings

    def given(component: str) -> Settings:
        own = environment(settings, component)
        update = {"call_key": own["SPACE_CALL_KEY"], "call_public_keys": own["SPACE_CALL_PUBLIC_KEYS"]}
        return settings.model_copy(update={**update, "secret_key": f"unknown to {component}"})

    with alpha_with(rabbit, given(GATEWAY)):
        assert refusal(given(GATEWAY)) == ""
        assert refusal(given("forum")) == "call-unverified"
        assert rabbit.client.proxy(Producer, "alpha").log_end() == 1
