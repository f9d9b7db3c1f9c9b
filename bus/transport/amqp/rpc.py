"""Calls over RabbitMQ: requests to a queue of the service, replies to a queue of the caller's process."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import eventlet
from kombu import Connection, Consumer, Queue

from bus.rpc.codec import Method
from bus.rpc.context import to_headers
from bus.rpc.signing import CallMessage, CallSigner, CallVerifier
from bus.transport.amqp.connection import CALLS, REPLIES, find_or_declare
from bus.transport.amqp.consumer_loop import ConsumerLoop
from bus.transport.amqp.publisher import CONFIRM_SECONDS, Outgoing, PublisherPool, encoded
from bus.transport.port import CallHandler, NoReply, ServiceAway
from contracts.errors import SpaceError, from_wire

log = logging.getLogger(__name__)

CONNECT_SECONDS = 2.0


class _Pending:
    """A call that waits for its reply."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.reply: Mapping[str, Any] | None = None


class CallSender:
    """Sends the calls of one process and receives their replies."""

    def __init__(self, bus_url: str, publishers: PublisherPool, signer: CallSigner) -> None:
        self._publishers = publishers
        self._signer = signer
        self._pending: dict[str, _Pending] = {}
        self._reply_to = ""
        self._loop = ConsumerLoop(bus_url, "the queue of replies", self._consumers, self._fail_pending)
        self._started = False
        self._lock = threading.Lock()

    def is_connected(self, seconds: float) -> bool:
        """Whether replies can be received. Waits up to `seconds` for the first connection, but not after a failure."""
        with self._lock:
            if not self._started:
                self._started = True
                threading.Thread(target=self._loop.run, name="replies", daemon=True).start()
        return self._loop.wait_until_connected(0 if self._loop.failed else seconds)

    def call(self, service: str, method: Method, arguments: Sequence[Any], seconds: float) -> Any:
        """See `Transport.call`."""
        if not self.is_connected(min(seconds, CONNECT_SECONDS)):
            raise ServiceAway
        correlation_id = uuid.uuid4().hex
        pending = self._pending[correlation_id] = _Pending()
        try:
            self._send(service, method, arguments, correlation_id, seconds)
            pending.done.wait(seconds)
            reply = pending.reply
        finally:
            self._pending.pop(correlation_id, None)
        if reply is None:
            raise NoReply(lost=pending.done.is_set())
        if (error := reply.get("error")) is not None:
            raise from_wire(error)
        return method.decode_result(reply.get("result"))

    def close(self) -> None:
        """Stop receiving replies. Waiting calls raise `NoReply`; later ones `ServiceAway`."""
        self._loop.stop()
        self._fail_pending()

    def _send(
        self, service: str, method: Method, arguments: Sequence[Any], correlation_id: str, seconds: float
    ) -> None:
        headers = to_headers()
        call = CallMessage(
            service=service,
            reply_to=self._reply_to,
            correlation_id=correlation_id,
            request_key=headers["request-key"],
            origin=headers["origin"],
            body=encoded({"method": method.name, "args": method.encode_arguments(arguments)}),
        )
        attempts = 2 if method.safe else 1
        for attempt in range(1, attempts + 1):
            message = self._message(call, headers, seconds)
            try:
                with self._publishers.publisher() as publisher:
                    unroutable = publisher.publish([message], min(seconds, CONFIRM_SECONDS))
                break
            except TimeoutError as error:
                # Sending it again would probably take as long again.
                raise ServiceAway(hung=True) from error
            except Exception as error:  # kombu, amqp and the socket each have their own
                if attempt == attempts:
                    raise ServiceAway from error
        if unroutable:
            raise ServiceAway

    def _message(self, call: CallMessage, headers: dict[str, Any], seconds: float) -> Outgoing:
        """The message of one attempt: each is signed on its own."""
        return Outgoing(
            exchange=CALLS.name,
            routing_key=call.service,
            body=call.body,
            headers={**headers, **self._signer.headers(call, seconds)},
            properties={
                "reply_to": call.reply_to,
                "correlation_id": call.correlation_id,
                "expiration": str(int(seconds * 1000)),
            },
            persistent=False,
            mandatory=True,
        )

    def _consumers(self, connection: Connection) -> list[Consumer]:
        find_or_declare(connection, CALLS, REPLIES)
        channel = connection.channel()
        # A new name for each connection, so that late replies to calls of a lost one are not received.
        self._reply_to = name = f"replies.{self._signer.sender}.{uuid.uuid4().hex}"
        queue = Queue(name, REPLIES, routing_key=name, exclusive=True, auto_delete=True, durable=False)
        return [
            connection.Consumer(
                [queue], callbacks=[self._on_reply], no_ack=True, accept=["json"], channel=channel
            )
        ]

    def _on_reply(self, body: Mapping[str, Any], message: Any) -> None:
        pending = self._pending.get(message.properties.get("correlation_id", ""))
        if pending is not None:
            pending.reply = body
            pending.done.set()

    def _fail_pending(self) -> None:
        for pending in list(self._pending.values()):
            pending.done.set()


class CallReceiver:
    """Consumes the calls of one service and sends its replies.

    The queue is deleted with its last consumer, so that the broker returns calls to a service that does not run, and
    callers know at once. Calls are acknowledged on delivery: no caller would wait for a redelivery.
    """

    def __init__(
        self, bus_url: str, publishers: PublisherPool, verifier: CallVerifier, handler: CallHandler
    ) -> None:
        self._publishers = publishers
        self._verifier = verifier
        self._service = verifier.service
        self._handler = handler
        self._loop = ConsumerLoop(bus_url, f"the calls of {self._service}", self._consumers)

    @property
    def connected(self) -> bool:
        """Whether calls are being received."""
        return self._loop.connected

    def run(self) -> None:
        """Receive calls until `stop` is called."""
        self._loop.run()

    def stop(self) -> None:
        """Stop receiving calls. Replies to calls that are being handled are still sent."""
        self._loop.stop()

    def _consumers(self, connection: Connection) -> list[Consumer]:
        find_or_declare(connection, CALLS, REPLIES)
        queue = Queue(
            f"{self._service}.calls", CALLS, routing_key=self._service, durable=False, auto_delete=True
        )
        return [
            connection.Consumer(
                [queue], on_message=self._on_call, no_ack=True, accept=None, channel=connection.channel()
            )
        ]

    def _on_call(self, message: Any) -> None:
        reply_to = str(message.properties.get("reply_to") or "")
        correlation_id = str(message.properties.get("correlation_id") or "")
        headers = message.headers or {}
        reply = partial(self._reply, reply_to, correlation_id)
        call = CallMessage(
            service=self._service,
            reply_to=reply_to,
            correlation_id=correlation_id,
            request_key=str(headers.get("request-key", "")),
            origin=str(headers.get("origin", "")),
            body=message.body.encode() if isinstance(message.body, str) else bytes(message.body),
        )
        try:
            body = self._verifier.body(call, headers, self._handler.also_from)
        except SpaceError as refused:
            # In a greenlet of its own: this one receives nothing else while a reply waits for its confirm.
            eventlet.spawn_n(reply, {"error": refused.to_wire()})
        else:
            self._handler.handle_message(body, headers, reply)

    def _reply(self, reply_to: str, correlation_id: str, body: Mapping[str, Any]) -> None:
        if not reply_to:
            return
        message = Outgoing(
            exchange=REPLIES.name,
            routing_key=reply_to,
            body=body,
            properties={"correlation_id": correlation_id},
            persistent=False,
            mandatory=True,
        )
        for attempt in (1, 2):
            try:
                with self._publishers.publisher() as publisher:
                    publisher.publish([message])
                return
            except Exception as error:  # kombu, amqp and the socket each have their own
                if attempt == 2:
                    log.warning("a reply could not be sent: %s", error)
