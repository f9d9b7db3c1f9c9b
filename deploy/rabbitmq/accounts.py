"""Each component's account at RabbitMQ: it has its own queues, and publishes only where it must.

- A service publishes to its own exchanges of events, takes its own calls, and reads the events of the services it
  subscribes to. It can call those (to read their logs), and nobody else but what it calls for a mail.
- The gateway can call every service and receive every event; it can publish no event and take no call.
- The operator's commands can call every service.

Nobody may publish to a queue by its name (the default exchange). Calls and replies have topic exchanges, for which
RabbitMQ checks routing keys too.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

REQUESTS, REPLIES = "space.requests", "space.replies"

SUBSCRIPTIONS: Mapping[str, tuple[str, ...]] = {
    "people": ("blog", "events", "forum"),
    "blog": ("people",),
    "forum": ("blog", "people"),
    "events": ("people",),
    "notify": ("blog", "events", "forum", "people", "search"),
    "search": ("blog", "events", "forum", "notify", "people"),
    "mail": ("people",),
}
"""The services, with those whose events each handles."""

ALSO_CALLED: Mapping[str, tuple[str, ...]] = {"mail": ("forum", "notify")}
"""Those that a service calls beside these (`contracts.common.also_from`)."""

COMPONENTS = (*SUBSCRIPTIONS, "gateway", "operator")

_NOBODY = "^$"


def permissions(component: str) -> dict[str, str]:
    """The names, as regular expressions, that the component may declare, publish or bind to, and read or bind from."""
    replies = rf"replies\.{component}\..*"
    requests, responses = r"space\.requests", r"space\.replies"
    if component in SUBSCRIPTIONS:
        own = rf"{component}\..*"
        events = [rf"{producer}\.(events|inside)" for producer in SUBSCRIPTIONS[component]]
        return {
            "configure": _any(own, replies),
            "write": _any(own, replies, requests, responses),
            "read": _any(own, replies, requests, responses, *events),
        }
    if component == "gateway":
        own, events = r"listener\..*", [rf"({'|'.join(SUBSCRIPTIONS)})\.(events|inside)"]
    else:
        own, events = replies, []
    return {
        "configure": _any(own, replies),
        "write": _any(own, replies, requests),
        "read": _any(own, replies, responses, *events),
    }


def topic_permissions(component: str) -> dict[str, dict[str, str]]:
    """For the exchanges of calls and replies: the routing keys that the component may publish with, and bind."""
    service = component in SUBSCRIPTIONS
    called = (*SUBSCRIPTIONS.get(component, tuple(SUBSCRIPTIONS)), *ALSO_CALLED.get(component, ()))
    return {
        REQUESTS: {
            "write": f"^({'|'.join(called)})$" if called else _NOBODY,
            "read": f"^{component}$" if service else _NOBODY,
        },
        REPLIES: {
            "write": r"^replies\.[a-z]+\.[0-9a-f]{32}$" if service else _NOBODY,
            "read": rf"^replies\.{component}\.[0-9a-f]{{32}}$",
        },
    }


def definitions(passwords: Mapping[str, str], virtual_host: str, administrators: Iterable[str] = ()) -> Any:
    """RabbitMQ's definitions of accounts and exchanges. `passwords` are by account: a component's account has its name.
    `administrators` are accounts that may do everything, for tests."""
    administrators = set(administrators)
    components = [name for name in passwords if name not in administrators]
    exchanges = [REQUESTS, REPLIES]
    exchanges += [f"{service}.{kind}" for service in SUBSCRIPTIONS for kind in ("events", "inside")]
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    return {
        "vhosts": [{"name": virtual_host}],
        "users": [
            {
                "name": name,
                "password_hash": _hash(password),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": "administrator" if name in administrators else "",
            }
            for name, password in passwords.items()
        ],
        "permissions": [
            {
                "user": name,
                "vhost": virtual_host,
                **(everything if name in administrators else permissions(name)),
            }
            for name in passwords
        ],
        "topic_permissions": [
            {"user": name, "vhost": virtual_host, "exchange": exchange, **keys}
            for name in components
            for exchange, keys in topic_permissions(name).items()
        ],
        "exchanges": [
            {
                "name": name,
                "vhost": virtual_host,
                "type": "topic",
                "durable": True,
                "auto_delete": False,
                "internal": False,
                "arguments": {},
            }
            for name in exchanges
        ],
    }


def _any(*names: str) -> str:
    return f"^({'|'.join(names)})$"


def _hash(password: str) -> str:
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode("ascii")
