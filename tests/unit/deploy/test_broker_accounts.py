"""The declared accounts of components at the broker agree with the code, and grant nothing by accident."""

import json
import re
from pathlib import Path

import pytest

from bus.consumer.runner import handlers_of
from bus.transport.amqp.connection import CALLS, REPLIES
from core.settings import SERVICES
from deploy.rabbitmq import accounts
from deploy.rabbitmq.__main__ import main
from space.wiring import service_class


def test_the_declared_subscriptions_are_those_of_the_code() -> None:
    found = {name: tuple(sorted(handlers_of(service_class(name)))) for name in SERVICES}
    assert dict(accounts.SUBSCRIPTIONS) == found


def test_the_declared_exchanges_are_those_of_the_code() -> None:
    assert (CALLS.name, REPLIES.name) == (accounts.REQUESTS, accounts.REPLIES)


def test_only_a_service_may_publish_to_its_events() -> None:
    for service in SERVICES:
        for kind in ("events", "inside"):
            writers = [
                component
                for component in accounts.COMPONENTS
                if re.search(accounts.permissions(component)["write"], f"{service}.{kind}")
            ]
            assert writers == [service]


@pytest.mark.parametrize("component", accounts.COMPONENTS)
def test_nobody_may_publish_to_queues_by_their_names(component: str) -> None:
    assert not re.search(accounts.permissions(component)["write"], "amq.default")


def test_only_a_service_may_take_its_calls() -> None:
    takers = {
        component: accounts.topic_permissions(component)[accounts.REQUESTS]["read"]
        for component in accounts.COMPONENTS
    }
    for service in SERVICES:
        assert [component for component, keys in takers.items() if re.search(keys, service)] == [service]


def test_definitions_are_made_from_the_urls_of_the_components(capsys: pytest.CaptureFixture[str]) -> None:
    urls = {f"SPACE_{name.upper()}_BUS_URL": f"amqps://{name}:p%40ss@b/space" for name in accounts.COMPONENTS}
    assert main(urls) == 0
    written = capsys.readouterr().out
    found = json.loads(written)
    assert [user["name"] for user in found["users"]] == list(accounts.COMPONENTS)
    assert {user["tags"] for user in found["users"]} == {""}
    assert "p@ss" not in written


@pytest.mark.parametrize(
    "url", ["", "amqps://somebody:p@b/space", "amqps://forum@b/space", "amqps://forum:p@b/another"]
)
def test_a_url_that_does_not_fit_is_named(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    urls = {f"SPACE_{name.upper()}_BUS_URL": f"amqps://{name}:p@b/space" for name in accounts.COMPONENTS}
    assert main({**urls, "SPACE_FORUM_BUS_URL": url}) == 1
    assert capsys.readouterr().err


def test_the_page_for_operators_names_the_command() -> None:
    text = (Path(__file__).parents[3] / "docs" / "operate.md").read_text(encoding="utf-8")
    assert "python -m deploy.rabbitmq" in text
