"""No request, however odd, gets a 500: every endpoint is sent what its own schema allows, and what it does not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from gateway.api.declared import ENDPOINTS
from gateway.api.router import Endpoint
from tests.unit.gateway.harness import Robot, SystemHarness, Template, proposal_id

pytestmark = pytest.mark.slow

ODD: list[Any] = [
    None, True, 0, -1, 2**63, 10**30, 1e308, -0.0, "", " ", "x", "\x00", "\ud800", "x" * 3000, "🗺" * 300,
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30", "2026-06-01T10:00", "2026-06-01T10:00:00Z",
    "FREQ=DAILY;UNTIL=99991231", "FREQ=YEARLY;INTERVAL=1000", "Europe/Berlin", "../../etc/passwd", "en", "he",
    "group:0000000000000000", "public", "members", "help", "stories", "Amina", "-1", "1e5", "nan", "inf",
    "'; DROP TABLE topic; --", '"unclosed', "-", "*", "(", "\u202e", [], {}, [None], [["x"]], {"x": {}}, ["maps"],
]  # fmt: skip
NOW = datetime(2026, 12, 1, tzinfo=UTC)
values = st.one_of(st.sampled_from(ODD), st.text(max_size=20), st.integers(), st.floats(allow_nan=False))


@pytest.fixture(scope="module")
def robots(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Any:
    system: SystemHarness = template.copy(Path(tmp_path_factory.mktemp("fuzz")))
    amina = system.robot("Amina")
    place = {"name": "Cairo", "country": "EG", "latitude": 30.0, "longitude": 31.2}
    event = {"language": "en", "title": "Walk", "body": "x", "start": "2027-03-05T18:00", "minutes": 60}
    topic = amina.post("/topics", {"language": "en", "title": "Maps", "body": "x", "category": "help"}).json[
        "id"
    ]
    ids = {
        "topic_id": topic,
        "post_id": amina.get(f"/topics/{topic}/posts").json["items"][0]["id"],
        "article_id": amina.post("/articles", {"language": "en", "title": "A"}).json["id"],
        "event_id": amina.post("/events", {**event, "timezone": "Africa/Cairo", "place": place}).json["id"],
        "slug": amina.post(
            "/groups", {"slug": "circle", "kind": "closed", "language": "en", "name": "Circle"}
        ).json["slug"],
        "name": "Boris",
        "kind": "topic",
        "lang": "es",
        "id": topic,
        "token_id": "0" * 16,
        "proposal_id": proposal_id(system),
        "revision": "1",
        "area_name": "talk",
        "held_id": "0" * 16,
    }
    category = amina.post(f"/groups/{ids['slug']}/categories", {"language": "en", "name": "Walks"})
    assert category.status_code == 201, category.text
    ids["category"] = category.json["slug"]
    system.drain()
    yield [(robot, ids) for robot in (Robot(system), amina, system.robot("Edith"))]
    system.local.close()


RIGHT: dict[str, list[Any]] = {
    "language": ["en", "ar"], "title": ["Maps"], "body": ["Which?"], "start": ["2027-03-05T18:00"], "minutes": [60],
    "timezone": ["Africa/Cairo", "Europe/Berlin"], "online_url": ["https://meet.test/"], "remark": ["No."],
    "at": ["2027-03-05T18:00:00Z"], "slug": ["maps", "walks"], "kind": ["open", "closed", "hidden"], "revision": [1, 2],
    "name": ["Xx", "Amina"], "password": ["long enough"], "label": ["x"], "tags": [["maps"], []], "spoken": [["ar"]],
    "category": ["help", "stories"], "audience": ["public", "members"], "status": ["cancelled"], "level": ["muted"],
    "recurrence": ["FREQ=WEEKLY;COUNT=3", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=YEARLY;BYWEEKNO=53", ""],
    "place": [{"name": "Cairo", "country": "EG", "latitude": 30.0, "longitude": 31.2}],
    "limit": [1, 100], "cursor": ["0_0", "1770000000000000_0000000000000000", "0.5_1", "1", "a.b", "_"],
    "lang": ["es", "en"], "q": ["maps", '"maps', "-maps", "ma*"], "tag": ["maps"], "group": ["circle"],
    "author": ["Amina"], "after": ["2026-01-01T00:00:00Z"], "before": ["2030-01-01T00:00:00Z"], "sort": ["newest"],
    "box": ["-180,-90,180,90", "170,0,-170,1", "1,1,0,0"], "occurrence": ["20270305T1800", "99999999T9999"],
    "country": ["EG"], "format": ["online"], "once": ["true"], "unread": ["true"], "attending": ["going", "Amina"],
    "state": ["member", "requested"], "ids": [["0" * 16]], "names": ["Amina"], "scopes": [["read"]],
}  # fmt: skip


def some_of(names: Iterable[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Right values for most of these fields, and an odd one for a few."""
    known = [name for name in names if name in RIGHT]
    right = st.fixed_dictionaries({}, optional={name: st.sampled_from(RIGHT[name]) for name in known})
    whole = st.fixed_dictionaries({name: st.sampled_from(RIGHT[name]) for name in known})
    odd = st.dictionaries(st.sampled_from(sorted(names)), values, max_size=2)
    return st.tuples(st.one_of(right, whole), st.one_of(st.just({}), odd)).map(
        lambda both: {**both[0], **both[1]}
    )


def bodies(endpoint: Endpoint) -> st.SearchStrategy[Any]:
    """Bodies that are nearly right, and now and then something else altogether."""
    if endpoint.body is None:
        return st.none()
    nearly = some_of(endpoint.body.model_fields)
    return st.one_of(nearly, nearly, nearly, values)


def queries(endpoint: Endpoint) -> st.SearchStrategy[dict[str, str]]:
    if endpoint.query is None:
        return st.just({})

    def texts(given: dict[str, Any]) -> dict[str, str]:
        return {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}

    return some_of(endpoint.query.model_fields).map(texts)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_nothing_that_is_sent_breaks_it(robots: Any, endpoint: Endpoint, data: st.DataObject) -> None:
    robot, ids = data.draw(st.sampled_from(robots))
    path = endpoint.template
    for name in endpoint.path_parameters:
        odd = values.map(str).filter(lambda text: text not in ("", ".", ".."))
        chosen = data.draw(st.one_of(st.just(ids[name]), st.just(ids[name]), odd))
        path = path.replace(f"{{{name}}}", quote(chosen.encode("utf-8", "replace"), safe=""))
    query = {
        name: value.encode("utf-8", "surrogatepass") for name, value in data.draw(queries(endpoint)).items()
    }
    if query:
        path += f"?{urlencode(query)}"
    body = data.draw(bodies(endpoint))
    with clock.at(NOW):  # no flood limits: they would hide what lies behind them
        answer = robot.ask(endpoint.method, path, body)
    assert answer.status_code < 500, (path, body, answer.text)
    if answer.status_code >= 400:
        assert answer.mimetype == "application/problem+json"
        assert answer.json["code"]
    elif answer.status_code == 200 and answer.json is not None and "items" in answer.json:
        assert isinstance(answer.json["items"], list)
