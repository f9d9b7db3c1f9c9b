"""Calls: typed both ways, side by side, with errors that stay what they are."""

import logging

import pytest

from bus.rpc.client import gather
from bus.rpc.context import idempotent, within
from contracts.errors import Invalid, NotFound, SpaceError, Unavailable
from core.audience import STRANGER
from tests.bus.toy import AlphaService, Note, Street, eventually


def test_an_answer_comes_back_typed(street: Street) -> None:
    street.start()
    written = street.alpha.note(STRANGER, "first", "a")
    assert isinstance(written, Note)
    assert street.alpha.read_note(STRANGER, written.id) == written


def test_an_error_crosses_as_what_it_is(street: Street) -> None:
    street.start(AlphaService)
    with pytest.raises(NotFound) as caught:
        street.alpha.read_note(STRANGER, 99)
    assert (caught.value.code, caught.value.params) == ("note-unknown", {"id": 99})


def test_a_refusal_is_no_error_in_the_log_but_a_bug_is(
    street: Street, caplog: pytest.LogCaptureFixture
) -> None:
    street.start(AlphaService)
    with caplog.at_level(logging.ERROR):
        with pytest.raises(NotFound):
            street.alpha.read_note(STRANGER, 99)
        assert not caplog.records
        with pytest.raises(SpaceError):
            street.alpha.broken(STRANGER)
        assert [record.name for record in caplog.records] == ["nameko.containers"]


def test_a_bug_in_a_service_is_told_without_its_details(street: Street) -> None:
    street.start(AlphaService)
    with pytest.raises(SpaceError) as caught:
        street.alpha.broken(STRANGER)
    assert caught.value.code == "internal"
    assert "a bug" not in str(caught.value.to_wire())


def test_a_wrong_argument_is_invalid(street: Street) -> None:
    street.start(AlphaService)
    with pytest.raises(Invalid):
        street.caller.call("alpha", _method("read_note"), (STRANGER, "no number"), {})


def test_a_service_that_does_not_run_is_told_at_once(street: Street) -> None:
    street.start(AlphaService)
    street.alpha.log_end()
    with pytest.raises(Unavailable) as caught:
        street.beta.heard(STRANGER)
    # The broker said so; a call whose answer never came is `no-answer`.
    assert (caught.value.code, caught.value.params) == ("service-away", {"service": "beta"})


def test_a_service_that_has_stopped_is_told_at_once(street: Street) -> None:
    street.start(AlphaService)
    street.alpha.log_end()
    street.stop(AlphaService)
    # RabbitMQ takes a moment to drop the queue of a consumer that left.
    eventually(lambda: _refusal(street) == "service-away")


def _refusal(street: Street) -> str:
    try:
        street.alpha.log_end()
    except Unavailable as error:
        return error.code
    return ""


def test_calls_run_side_by_side(street: Street) -> None:
    street.start(AlphaService)
    assert gather(*[lambda: street.alpha.slow(STRANGER, 0.3)] * 5) == ("done",) * 5
    assert AlphaService.most_at_once == 5


def test_no_answer_in_time_is_unavailable(street: Street) -> None:
    street.start(AlphaService)
    with pytest.raises(Unavailable), within(0.2):
        street.alpha.slow(STRANGER, 1.0)


def test_a_repeated_request_is_done_once(street: Street) -> None:
    street.start(AlphaService)
    with idempotent("one-key"):
        first = street.alpha.note(STRANGER, "once", "a")
        again = street.alpha.note(STRANGER, "once", "a")
    assert first == again
    assert street.alpha.log_end() == 1


def _method(name: str):  # type: ignore[no-untyped-def]
    from bus.rpc.codec import methods_of
    from tests.bus.toy import AlphaApi

    class Loose:
        name = "read_note"
        safe = True

        def encode_arguments(self, args, kwargs):  # type: ignore[no-untyped-def]
            return [args[0].model_dump(mode="json"), args[1]]

    assert name in methods_of(AlphaApi)
    return Loose()
