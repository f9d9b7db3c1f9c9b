"""What each component's account may do at RabbitMQ, tried at the broker: publishing elsewhere is refused there."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker, ConnectionClosedByBroker

from tests import servers

Attempt = Callable[[Any], None]


def publish(exchange: str, key: str) -> Attempt:
    def attempt(channel: Any) -> None:
        channel.confirm_delivery()
        channel.basic_publish(exchange, key, b"{}", mandatory=False)

    return attempt


def bind(queue: str, exchange: str, key: str) -> Attempt:
    def attempt(channel: Any) -> None:
        channel.queue_declare(queue, exclusive=True)
        channel.queue_bind(queue, exchange, key)

    return attempt


def try_as(component: str, attempt: Attempt) -> int:
    """0 if the broker allows it, else its code of refusal."""
    url = servers.servers().broker.component_urls()[component]
    connection = pika.BlockingConnection(pika.URLParameters(url))
    try:
        attempt(connection.channel())
    except (ChannelClosedByBroker, ConnectionClosedByBroker) as refused:
        return int(refused.reply_code)
    finally:
        if connection.is_open:
            connection.close()
    return 0


def reply_key(component: str) -> str:
    return f"replies.{component}.{uuid.uuid4().hex}"


@pytest.mark.parametrize(
    ("component", "attempt"),
    [
        ("gateway", publish("forum.events", "forum.post.created")),
        ("gateway", publish("forum.inside", "forum.post.created")),
        ("gateway", publish("space.replies", reply_key("gateway"))),
        ("gateway", publish("", "forum.calls")),
        ("gateway", bind("listener.calls", "space.requests", "people")),
        ("gateway", bind("listener.replies", "space.replies", reply_key("search"))),
        ("gateway", lambda channel: channel.queue_declare("forum.calls")),
        ("search", publish("forum.events", "forum.post.created")),
        ("events", publish("space.requests", "notify")),
        ("search", publish("space.requests", "search")),
        ("search", publish("", "people.calls")),
        ("search", bind("search.stolen", "space.requests", "people")),
        ("search", bind("search.stolen", "space.requests", "#")),
        ("search", bind("search.stolen", "space.replies", reply_key("gateway"))),
        ("search", bind("search.stolen", "space.replies", "#")),
        ("search", lambda channel: channel.basic_get("forum.calls")),
        ("search", lambda channel: channel.exchange_delete("space.requests")),
        ("people", publish("space.requests", "notify")),
        ("people", bind("people.notify", "notify.inside", "#")),
        ("forum", bind("forum.events", "events.inside", "#")),
        ("events", bind("events.blog", "blog.inside", "#")),
        ("blog", publish("space.requests", "forum")),
        ("operator", publish("people.inside", "people.person.joined")),
        ("operator", lambda channel: channel.exchange_delete("people.events")),
    ],
)
def test_it_is_refused(component: str, attempt: Attempt) -> None:
    assert try_as(component, attempt) == 403


@pytest.mark.parametrize(
    ("component", "attempt"),
    [
        ("gateway", publish("space.requests", "people")),
        ("gateway", bind("listener.some", "forum.inside", "#")),
        ("gateway", lambda channel: bind(key := reply_key("gateway"), "space.replies", key)(channel)),
        ("search", publish("space.requests", "forum")),
        ("search", publish("search.events", "search.index.built")),
        ("search", bind("search.calls.some", "space.requests", "search")),
        ("search", publish("space.replies", reply_key("gateway"))),
        ("notify", bind("notify.people.9", "people.inside", "#")),
        ("forum", bind("forum.people.9", "people.inside", "#")),
        ("people", bind("people.forum.9", "forum.inside", "#")),
        ("people", publish("space.requests", "events")),
        ("operator", publish("space.requests", "notify")),
    ],
)
def test_it_is_allowed(component: str, attempt: Attempt) -> None:
    assert try_as(component, attempt) == 0
