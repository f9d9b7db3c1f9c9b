"""The conformance suite of the transport port, which runs on the direct transport and on RabbitMQ."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Protocol

import eventlet
import pytest

from bus.eventlog.append import append_event
from bus.rpc.codec import Method, methods_of
from bus.rpc.context import idempotent, request_key, seconds_left, within
from bus.rpc.keys import CallKeys
from bus.rpc.signing import GATEWAY
from bus.transport.connect import connect
from bus.transport.port import Assignment, NoReply, Runnable, ServiceAway, Transport
from contracts.common import Recorded, View
from contracts.errors import Conflict, Invalid, SpaceError
from core.audience import STRANGER, Viewer
from core.ids import new_id
from tests.bus.harness import BusHarness, Noted, eventually


class Sum(View):
    total: int


class SumApi(Protocol):
    def add(self, viewer: Viewer, one: int, two: int) -> Sum: ...


ADD = methods_of(SumApi)["add"]


class Unchecked(Method):
    """A method that encodes arguments without checking them."""

    def encode_arguments(self, arguments: Sequence[Any]) -> list[Any]:
        return [arguments[0].model_dump(mode="json"), *arguments[1:]]


class Handler:
    """A fake of the server side: `behave` is called with the arguments of each call."""

    service: ClassVar[str] = ""
    also_from: ClassVar[dict[str, frozenset[str]]] = {}

    def __init__(self, behave: Callable[[int, int], Sum]) -> None:
        # A new name each time: a receiver that was stopped may still receive calls for some seconds.
        Handler.service = f"sums-{new_id()}"
        self.behave = behave
        self.contexts: list[tuple[float, str]] = []

    def handle_call(self, method: str, arguments: Sequence[Any]) -> Any:
        assert method == "add"
        _, one, two = ADD.decode_arguments(arguments)
        self.contexts.append((seconds_left(), request_key()))
        return self.behave(one, two)

    def handle_message(
        self, body: Mapping[str, Any], headers: Mapping[str, Any], reply: Callable[[Mapping[str, Any]], None]
    ) -> None:
        def work() -> None:
            with within(float(headers["seconds-left"])), idempotent(str(headers["request-key"])):
                try:
                    reply({"result": ADD.encode_result(self.handle_call(body["method"], body["args"]))})
                except SpaceError as error:
                    reply({"error": error.to_wire()})

        eventlet.spawn(work)


@pytest.fixture
def transport(harness: BusHarness) -> Transport:
    return harness.transport


@contextmanager
def running(runnable: Runnable) -> Iterator[None]:
    thread = threading.Thread(target=runnable.run, daemon=True)
    thread.start()
    yield
    runnable.stop()


def add(transport: Transport, one: Any, two: Any, seconds: float = 30.0, method: Method = ADD) -> Any:
    return transport.call(Handler.service, method, [STRANGER, one, two], seconds)


@contextmanager
def serving(transport: Transport, behave: Callable[[int, int], Sum]) -> Iterator[Handler]:
    handler = Handler(behave)
    with running(transport.serve(Handler.service, handler)):
        eventually(lambda: _served(transport))
        handler.contexts.clear()
        yield handler


def _served(transport: Transport) -> bool:
    try:
        add(transport, 0, 0, 1.0)
    except ServiceAway:
        return False
    except (NoReply, SpaceError):
        pass
    return True


def test_a_result_arrives_typed(transport: Transport) -> None:
    with serving(transport, lambda one, two: Sum(total=one + two)):
        assert add(transport, 2, 3) == Sum(total=5)


def test_an_error_arrives_typed(transport: Transport) -> None:
    def refuse(one: int, two: int) -> Sum:
        raise Conflict("taken", params={"by": one}, data={"theirs": two})

    with serving(transport, refuse), pytest.raises(Conflict) as caught:
        add(transport, 2, 3)
    assert (caught.value.code, caught.value.params, caught.value.data) == ("taken", {"by": 2}, {"theirs": 3})


def test_wrong_arguments_are_refused_by_the_server(transport: Transport) -> None:
    with serving(transport, lambda one, two: Sum(total=0)), pytest.raises(Invalid):
        add(transport, "no number", 3, method=Unchecked(SumApi.add))


def test_the_context_is_passed_on_with_the_call(transport: Transport) -> None:
    with serving(transport, lambda one, two: Sum(total=0)) as handler:
        with within(3.0), idempotent("a-key"):
            add(transport, 1, 1)
        ((seconds, key),) = handler.contexts
    assert 0 < seconds <= 3.0
    assert key == "a-key"


def test_a_call_to_a_service_that_does_not_run_fails_at_once(transport: Transport) -> None:
    with serving(transport, lambda one, two: Sum(total=0)):
        pass
    eventually(lambda: not _served(transport))


def test_without_a_reply_in_time_the_caller_gets_no_reply_and_the_work_goes_on(transport: Transport) -> None:
    finished: list[int] = []

    def slow(one: int, two: int) -> Sum:
        if one:
            time.sleep(0.4)
            finished.append(one)
        return Sum(total=0)

    with serving(transport, slow):
        with pytest.raises(NoReply):
            add(transport, 1, 1, 0.1)
        assert finished == []
        eventually(lambda: finished == [1])


def test_calls_run_concurrently(transport: Transport) -> None:
    both = threading.Barrier(2, timeout=60)

    def meet(one: int, two: int) -> Sum:
        if one:
            both.wait()
        return Sum(total=one)

    with serving(transport, meet):
        calls = [eventlet.spawn(add, transport, number, 0) for number in (1, 2)]
        assert [call.wait().total for call in calls] == [1, 2]


class Sink:
    """A sink that records what the transport does."""

    def __init__(self) -> None:
        self.pulls = 0
        self.delivered: list[Recorded] = []

    def deliver(self, event: Recorded, message: Any) -> None:
        self.delivered.append(event)

    def schedule_pull(self) -> None:
        self.pulls += 1

    def forget_messages(self) -> None:
        self.delivered.clear()


class First(Assignment):
    number = 0


def test_subscribers_receive_new_events(harness: BusHarness, transport: Transport) -> None:
    """By a message, or by being woken to read the log."""
    sink = Sink()
    source = transport.event_source("watcher", {"alpha": sink}, First())
    publisher = transport.log_publisher("alpha", harness.databases["alpha"])
    with running(source), running(publisher):
        eventually(lambda: source.connected)
        eventlet.sleep(0.1)
        pulls = sink.pulls
        with harness.databases["alpha"].writing() as session:
            append_event(session, Noted(text="one"))
        eventually(lambda: sink.delivered or sink.pulls > pulls)
    source.acknowledge([])


def test_listeners_get_each_new_event_in_order(harness: BusHarness, transport: Transport) -> None:
    harness.start()
    harness.alpha.note(STRANGER, "before", "a")
    got: list[str] = []
    listener = transport.event_listener(["alpha"], lambda event: got.append(event.data["text"]))
    listener.start()
    for number in range(20):
        harness.alpha.note(STRANGER, str(number), "a")
    eventually(lambda: "19" in got)
    assert [text for text in got if text != "before"] == [str(number) for number in range(20)]
    listener.stop()


def test_a_listener_that_fails_goes_on(harness: BusHarness, transport: Transport) -> None:
    harness.start()
    got: list[str] = []

    def handle(event: Recorded) -> None:
        got.append(event.data["text"])
        raise ValueError("a bug")

    listener = transport.event_listener(["alpha"], handle)
    listener.start()
    for text in ("one", "two"):
        harness.alpha.note(STRANGER, text, "a")
    eventually(lambda: got == ["one", "two"])
    listener.stop()


def test_a_url_chooses_the_transport(harness: BusHarness) -> None:
    keys = CallKeys(harness.settings, GATEWAY)
    assert connect("inproc://", keys).in_process
    assert not connect("amqp://guest:guest@127.0.0.1:1//", keys).in_process
