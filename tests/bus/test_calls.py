"""Calls: typed arguments, results and errors; several at the same time."""

import logging
from collections.abc import Sequence
from typing import Any

import pytest

from bus.rpc.codec import Method
from bus.rpc.concurrency import gather
from bus.rpc.context import idempotent, within
from contracts.errors import Invalid, NotFound, SpaceError, Unavailable
from core.audience import STRANGER
from tests.bus.harness import AlphaApi, AlphaService, BusHarness, Note, eventually


def test_a_result_is_typed(harness: BusHarness) -> None:
    harness.start()
    written = harness.alpha.note(STRANGER, "first", "a")
    assert isinstance(written, Note)
    assert harness.alpha.read_note(STRANGER, written.id) == written


def test_an_error_is_typed(harness: BusHarness) -> None:
    harness.start(AlphaService)
    with pytest.raises(NotFound) as caught:
        harness.alpha.read_note(STRANGER, 99)
    assert (caught.value.code, caught.value.params) == ("note-unknown", {"id": 99})


def test_a_refusal_is_not_logged_as_an_error_but_a_bug_is(
    harness: BusHarness, caplog: pytest.LogCaptureFixture
) -> None:
    harness.start(AlphaService)
    with caplog.at_level(logging.ERROR):
        with pytest.raises(NotFound):
            harness.alpha.read_note(STRANGER, 99)
        assert not caplog.records
        with pytest.raises(SpaceError):
            harness.alpha.broken(STRANGER)
        (record,) = caplog.records
        assert record.name in ("nameko.containers", "bus.rpc.server")


def test_the_caller_gets_no_details_of_a_bug(harness: BusHarness) -> None:
    harness.start(AlphaService)
    with pytest.raises(SpaceError) as caught:
        harness.alpha.broken(STRANGER)
    assert caught.value.code == "internal"
    assert "a bug" not in str(caught.value.to_wire())


def test_a_wrong_argument_is_invalid(harness: BusHarness) -> None:
    harness.start(AlphaService)
    with pytest.raises(Invalid):
        harness.client.call("alpha", Unchecked(AlphaApi.read_note), (STRANGER, "no number"), {})


def test_a_call_to_a_service_that_does_not_run_fails_at_once(harness: BusHarness) -> None:
    harness.start(AlphaService)
    harness.alpha.log_end()
    with pytest.raises(Unavailable) as caught:
        harness.beta.copied(STRANGER)
    # The broker returned the call; without any reply the code would be `no-answer`.
    assert (caught.value.code, caught.value.params) == ("service-away", {"service": "beta"})


def test_a_call_to_a_service_that_has_stopped_fails_at_once(harness: BusHarness) -> None:
    harness.start(AlphaService)
    harness.alpha.log_end()
    harness.stop(AlphaService)
    # RabbitMQ takes a moment to drop the queue of a consumer that left.
    eventually(lambda: harness.refusal_of_alpha() == "service-away")


def test_calls_run_concurrently(harness: BusHarness) -> None:
    harness.start(AlphaService)
    assert gather(*[lambda: harness.alpha.slow(STRANGER, 0.3)] * 5) == ("done",) * 5
    assert AlphaService.most_running == 5


def test_no_reply_in_time_is_unavailable(harness: BusHarness) -> None:
    harness.start(AlphaService)
    with pytest.raises(Unavailable), within(0.2):
        harness.alpha.slow(STRANGER, 1.0)


def test_a_repeated_request_is_done_once(harness: BusHarness) -> None:
    harness.start(AlphaService)
    with idempotent("one-key"):
        first = harness.alpha.note(STRANGER, "once", "a")
        again = harness.alpha.note(STRANGER, "once", "a")
    assert first == again
    assert harness.alpha.log_end() == 1


class Unchecked(Method):
    """A method that encodes arguments without checking them."""

    def encode_arguments(self, arguments: Sequence[Any]) -> list[Any]:
        return [arguments[0].model_dump(mode="json"), *arguments[1:]]
