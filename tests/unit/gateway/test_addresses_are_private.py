"""Nobody but its owner sees an account's mail address, on any page and in the API."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from contracts.people import Register
from core.audience import STRANGER
from tests.unit.gateway.harness import PASSWORD, Robot, SystemHarness

pytestmark = pytest.mark.slow

ADDRESS = "zoe.q@mail.example"


def test_an_address_is_on_no_page_and_in_no_answer_for_others(system: SystemHarness) -> None:
    people = system.services.people
    people.register(STRANGER, Register(name="Zoe", password=SecretStr(PASSWORD), email=ADDRESS))
    own = system.robot("Zoe_bot")  # somebody else, with a token
    me = Robot(system)
    made = me.post(
        "/tokens", {"name": "Zoe", "password": PASSWORD, "label": "own", "scopes": ["read", "write"]}
    )
    zoe = Robot(system, made.json["token"])
    assert zoe.get("/me").json["new_email"] == ADDRESS
    assert zoe.patch("/me", {"about": "Bees.", "display_name": "Zoe Q."}).status_code == 200
    system.drain()
    readers = {"stranger": Robot(system), "member": own, "moderator": system.robot("Mina")}
    for who, reader in readers.items():
        for path in (
            "/people",
            "/people/Zoe",
            "/people?names=Zoe",
            "/search?q=zoe",
            "/search?q=mail.example",
            "/me",
        ):
            assert ADDRESS not in reader.get(path).text, (who, path)
    browser = system.app.test_client()
    for rule in system.app.url_map.iter_rules():
        if (
            "GET" in (rule.methods or ())
            and set(rule.arguments) <= {"name"}
            and not rule.rule.startswith("/v2/")
        ):
            if rule.endpoint.startswith("live"):
                continue  # a stream: it says what is new, which is in no event
            path = rule.rule.replace("<name>", "Zoe")
            assert ADDRESS.encode() not in browser.get(path).data, path
    for name in ("people", "notify", "search", "forum", "blog", "events"):
        events = getattr(system.services, name).events_after(0, 1000)
        assert ADDRESS not in str([event.model_dump() for event in events]), name
