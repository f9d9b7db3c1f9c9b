"""A reply that was lost with its connection tells nothing about the service: its circuit breaker stays closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bus.rpc.breaker import BreakerLimits
from bus.rpc.client import RpcClient
from bus.rpc.codec import Method
from bus.transport.direct import DirectTransport
from bus.transport.port import NoReply
from contracts.common import Producer
from contracts.errors import Unavailable


class Silent(DirectTransport):
    """A transport on which no reply arrives."""

    def __init__(self, lost: bool) -> None:
        super().__init__()
        self.lost = lost
        self.calls = 0

    def call(self, service: str, method: Method, arguments: Sequence[Any], seconds: float) -> Any:
        self.calls += 1
        raise NoReply(lost=self.lost)


@pytest.mark.parametrize(("lost", "code"), [(True, "no-answer"), (False, "service-away")])
def test_calls_go_on_after_replies_were_lost(lost: bool, code: str) -> None:
    transport = Silent(lost)
    client = RpcClient(transport)
    for _ in range(BreakerLimits().failures):
        with pytest.raises(Unavailable, match="no-answer"):
            client.proxy(Producer, "alpha").log_end()
    calls = transport.calls
    with pytest.raises(Unavailable, match=code):
        client.proxy(Producer, "alpha").log_end()
    assert (transport.calls > calls) == lost


def test_a_safe_call_whose_reply_was_lost_is_sent_again() -> None:
    transport = Silent(lost=True)
    with pytest.raises(Unavailable):
        RpcClient(transport).proxy(Producer, "alpha").log_end()
    assert transport.calls == 2
