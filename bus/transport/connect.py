"""Which transport a bus URL names."""

from __future__ import annotations

from bus.transport.amqp.transport import AmqpTransport
from bus.transport.direct import DirectTransport
from bus.transport.port import Transport
from core.settings import INPROC_BUS


def connect(bus_url: str) -> Transport:
    """`inproc://`: the direct transport, for services in this one process; anything else: RabbitMQ. Connections are
    opened when they are first needed."""
    return DirectTransport() if bus_url == INPROC_BUS else AmqpTransport(bus_url)
