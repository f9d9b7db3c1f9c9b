"""The API keeps to its own OpenAPI document, by schemathesis: for a stranger, a member and an administrator.

Each endpoint is sent what its schema allows and what it refuses, with ids that exist and some that do not. No response
is a 5xx, and each has a status, a content type and a shape that the document names. The examples are the same in each
run.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from core import clock
from gateway.api import openapi
from tests.unit.gateway.harness import SystemHarness, Template, proposal_id

pytestmark = pytest.mark.slow

NOW = datetime(2026, 12, 1, tzinfo=UTC)
EXAMPLES = 12
"""For each endpoint, person and kind of input."""

CHECKED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(openapi.document())
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]
PEOPLE = ("stranger", "member", "administrator")
PLACE = {"name": "Cairo", "country": "EG", "latitude": 30.0, "longitude": 31.2}
EVENT = {"language": "en", "title": "Walk", "body": "x", "start": "2027-03-05T18:00", "minutes": 60}


ODD = (
    "",
    "-1",
    "0",
    "101",
    "x",
    "\x00",
    "x" * 300,
    "9" * 40,
    "2026-13-01",
    "1_",
    "../..",
    "true",
    "1,1,0,0",
    "%",
)


def test_every_endpoint_is_tried() -> None:
    declared = sum(len(methods) for methods in openapi.document()["paths"].values())
    assert len(OPERATIONS) == declared > 60


class Api:
    """A system with one item of each kind, which belongs to the member."""

    def __init__(self, system: SystemHarness) -> None:
        self.system = system
        member, administrator = system.robot("Amina"), system.robot("Ada", "administrator")
        self.tokens = {"stranger": None, "member": member.token, "administrator": administrator.token}
        topic = member.post("/topics", {"language": "en", "title": "A", "body": "x", "category": "help"}).json
        event = {**EVENT, "timezone": "Africa/Cairo", "place": PLACE}
        group = {"slug": "circle", "kind": "closed", "language": "en", "name": "Circle"}
        self.values = {
            "topic_id": topic["id"],
            "post_id": member.get(f"/topics/{topic['id']}/posts").json["items"][0]["id"],
            "article_id": member.post("/articles", {"language": "en", "title": "A"}).json["id"],
            "event_id": member.post("/events", event).json["id"],
            "slug": member.post("/groups", group).json["slug"],
            "name": "Boris",
            "kind": "topic",
            "lang": "es",
            "id": topic["id"],
            "proposal_id": proposal_id(system),
            "revision": 1,
        }
        system.drain()


@pytest.fixture(scope="module")
def api(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    system = template.copy(Path(tmp_path_factory.mktemp("schemathesis")))
    SCHEMA.app = system.app
    with clock.at(NOW):
        yield Api(system)
    system.local.close()


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_it_keeps_to_its_document(api: Api, operation: Any, person: str, data: st.DataObject) -> None:
    for mode in [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if operation.body else [])]:
        case = data.draw(operation.as_strategy(generation_mode=mode), label=mode.value)
        if data.draw(st.booleans(), label="existing ids"):
            for name in case.path_parameters:
                case.path_parameters[name] = api.values.get(name, case.path_parameters[name])
        if operation.query and data.draw(st.booleans(), label="odd query"):
            names = [parameter.name for parameter in operation.query]
            case.query[data.draw(st.sampled_from(names))] = data.draw(st.sampled_from(ODD))
        token = api.tokens[person]
        case.headers.pop("Authorization", None)
        # schemathesis does not decode Brotli here.
        case.headers["Accept-Encoding"] = "identity"
        if token is not None:
            case.headers["Authorization"] = f"Bearer {token}"
        case.validate_response(case.call(app=api.system.app), checks=CHECKED)
