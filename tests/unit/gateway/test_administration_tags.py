"""/admin/tags, and where former tags lead."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from bus.eventlog.schema import outbox_task
from bus.tag_replacement import ReplaceTagTask, carry_out
from contracts.common import Page
from contracts.errors import Unavailable, invalid
from contracts.people import Register
from contracts.search import TagLine
from contracts.tags import TagChange
from core.audience import STRANGER
from services.blog.actions import tags as blog_tags
from services.events.actions import tags as event_tags
from services.forum.actions import tags as forum_tags
from tests.unit.gateway.fakes import AMINA, MEMBER, MOMENT, FakeServices
from tests.unit.gateway.harness import PASSWORD, ROOT, SystemHarness

Token = Callable[[FlaskClient], str]


def change(**fields: object) -> TagChange:
    given = {"id": "x", "tag": "photo", "into": "photos", "by_id": AMINA, "reason": "One word", "at": MOMENT}
    return TagChange.model_validate({**given, **fields})


@pytest.fixture
def fakes() -> FakeServices:
    fakes = FakeServices()
    fakes.be(MEMBER.model_copy(update={"roles": frozenset({"member", "administrator"})}))
    fakes.people.answers["administration_log"] = Page(items=[])
    fakes.people.answers["tag_changes"] = [change(pending=["forum"]), change(into=None, items=4)]
    fakes.search.answers["tags"] = [TagLine(tag="photo", items=7)]
    fakes.notify.answers["followers"] = 2
    return fakes


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_tags_are_listed_with_their_use_and_the_latest_changes(
    fakes: FakeServices, member: FlaskClient
) -> None:
    page = member.get("/admin/tags?q=ph")
    assert 'href="/admin/tags/photo"' in page.text
    said = words(page.text)
    assert "Used 7 times" in said
    assert "In progress" in said
    assert "Done, 4 items changed" in said
    assert fakes.search.called("tags")[0][1] == "ph"
    fakes.search.answers["tags"] = Unavailable()
    assert member.get("/admin/tags").status_code == 200


def test_a_tag_is_renamed_or_removed_with_a_reason(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    assert "2 people follow it" in words(member.get("/admin/tags/photo").text)
    fakes.people.answers["replace_tag"] = None
    form = {"csrf_token": token(member), "do": "replace", "into": "photos", "reason": "One word"}
    forms = [form, {**form, "do": "remove", "remove_reason": "Says nothing"}]
    for number, each in enumerate(forms):
        sent = member.post("/admin/tags/photo", data={**each, "form_id": f"form-{number}"})
        assert sent.headers["Location"] == "/admin/tags"
    (_, renamed), (_, removed) = fakes.people.called("replace_tag")
    assert (renamed.tag, renamed.into, renamed.reason) == ("photo", "photos", "One word")
    assert (removed.into, removed.reason) == ("", "Says nothing")
    for wrong in ({"into": ""}, {"reason": ""}):
        assert member.post("/admin/tags/photo", data={**form, **wrong}).status_code == 422
    fakes.people.answers["replace_tag"] = invalid("into", "tag-same")
    refused = member.post("/admin/tags/photo", data=form)
    assert refused.status_code == 422
    assert 'id="e-into"' in refused.text
    assert member.post("/admin/tags/photo", data={**form, "do": "more"}).status_code == 422
    assert member.get("/admin/tags/!").status_code == 404


@pytest.mark.slow
def test_a_renamed_tag_is_another_one_everywhere(system: SystemHarness) -> None:
    browsers = {}
    for name, roles in (("Ada", ["administrator"]), ("Bea", ["moderator", "editor"])):
        signed_in = system.services.people.register(STRANGER, Register(name=name, password=PASSWORD))
        for role in roles:
            system.services.people.grant_role(ROOT, name, role, True)  # type: ignore[arg-type]
        browsers[name] = system.app.test_client()
        browsers[name].set_cookie("space_session", signed_in.token)
    system.drain()

    def send(who: str, path: str, form: dict[str, str]) -> int:
        found = re.search(r'name="csrf_token" value="([^"]+)"', browsers[who].get("/languages?q=no").text)
        assert found
        status = browsers[who].post(path, data={"csrf_token": found[1], **form}).status_code
        system.drain()
        return status

    robot = system.robot("Amina")
    topic = robot.post(
        "/topics", {"language": "en", "title": "T", "body": "B", "category": "help", "tags": ["photo"]}
    ).json
    robot.put("/follows/tag/photo", {})
    system.drain()
    form = {"do": "replace", "into": "photos", "reason": "One word", "form_id": "form-of-the-page"}
    assert send("Bea", "/admin/tags/photo", form) == 403
    assert browsers["Bea"].get("/admin/tags").status_code == 403
    assert send("Ada", "/admin/tags/photo", form) == 303
    assert "In progress" in words(browsers["Ada"].get("/admin/tags").text)
    for name, tags in (("blog", blog_tags), ("forum", forum_tags), ("events", event_tags)):
        database = system.local.databases[name]
        with database.reading() as session:
            (task,) = [
                ReplaceTagTask.model_validate(row.data) for row in session.execute(outbox_task.select())
            ]
        carry_out(database, tags.tagged, task)
    system.drain()
    assert robot.get(f"/topics/{topic['id']}").json["tags"] == ["photos"]
    assert [each["id"] for each in robot.get("/follows").json["items"] if each["kind"] == "tag"] == ["photos"]
    assert [each["tag"] for each in robot.get("/tags").json["items"]] == ["photos"]
    for former, now in (
        ("/tags/photo", "/tags/photos"),
        ("/feeds/tags/photo.rss", "/feeds/tags/photos.rss"),
        ("/feeds/tags/photo.ics", "/feeds/tags/photos.ics"),
    ):
        answer = browsers["Bea"].get(former)
        assert (answer.status_code, answer.headers["Location"]) == (301, now)
    said = words(browsers["Ada"].get("/admin/tags").text)
    assert "Ada replaced the tag photo by photos" in said
    assert "Done, one item changed" in said
    assert "Ada replaced the tag photo by photos" in words(browsers["Ada"].get("/admin/log").text)
