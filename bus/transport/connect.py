"""Chooses the transport by the bus URL."""

from __future__ import annotations

from bus.rpc.keys import CallKeys
from bus.transport.amqp.transport import AmqpTransport
from bus.transport.direct import DirectTransport
from bus.transport.port import Transport
from core.settings import INPROC_BUS


def connect(bus_url: str, keys: CallKeys) -> Transport:
    """The direct transport for `inproc://`, AMQP for any other URL, with calls signed and verified by `keys`.

    Connections are opened on first use.
    """
    return DirectTransport() if bus_url == INPROC_BUS else AmqpTransport(bus_url, keys)
