"""What a token may do is decided by its scopes, at every endpoint, before anything is read or written."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from gateway.api.declared import ENDPOINTS
from gateway.api.router import Endpoint
from tests.unit.gateway.fakes import MEMBER, FakeServices

ALL = {"read", "write", "moderate"}
MODERATE = {
    "show_article_revision",
    "show_post_revision",
    "show_event_revision",
    "show_topic_revision",
    "merge_group_category",
    "remove_group_category",
    "accept_proposal",
    "decline_proposal",
    "decline_article",
    "list_deletions",
    "publish_article",
    "return_article",
    "schedule_article",
}


def test_each_endpoint_names_its_scope() -> None:
    open_to_all = {endpoint.name for endpoint in ENDPOINTS if endpoint.scope is None}
    assert open_to_all == {"create_token", "create_report"}
    assert {endpoint.name for endpoint in ENDPOINTS if endpoint.scope == "moderate"} == MODERATE
    for endpoint in ENDPOINTS:
        if endpoint.scope == "read":
            assert endpoint.method == "GET", endpoint.name


@pytest.mark.parametrize(
    "endpoint", [each for each in ENDPOINTS if each.scope is not None], ids=lambda each: each.name
)
def test_a_token_without_the_scope_is_refused(
    stranger: FlaskClient, fakes: FakeServices, endpoint: Endpoint
) -> None:
    assert endpoint.scope is not None
    fakes.people.answers["viewer_of_token"] = MEMBER.model_copy(
        update={"scopes": frozenset(ALL - {endpoint.scope})}
    )
    path = endpoint.path
    for name in endpoint.path_parameters:
        path = path.replace(f"{{{name}}}", "x").replace(f"{{path:{name}}}", "x")
    answer = stranger.open(
        f"/api/v1{path}", method=endpoint.method, headers={"Authorization": "Bearer space_x"}
    )
    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (403, "scope-missing")
    assert answer.json["params"] == {"scope": endpoint.scope}
