"""A page is made once for all members who may see the same, and filled for each of them."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from contracts.errors import Unavailable
from contracts.people import SignIn
from core import clock
from core.audience import STRANGER
from gateway.app import create_app
from gateway.cache.deflate import Piece, gzipped
from gateway.holes import Hole, split
from tests.unit.gateway.fakes import FakeServices, settings
from tests.unit.gateway.harness import PASSWORD, ROOT, SystemHarness, hidden_group, plan_event

pytestmark = pytest.mark.slow


class Members:
    """A gateway with a cache, which members read in their browsers."""

    def __init__(self, system: SystemHarness) -> None:
        self.system = system
        self.app = create_app(system.settings, system.services, keep_pages=True)

    def browser(self, name: str) -> FlaskClient:
        self.system.robot(name)
        client = self.app.test_client()
        signed_in = self.system.services.people.sign_in(STRANGER, SignIn(name=name, password=PASSWORD))
        client.set_cookie("space_session", signed_in.token)
        return client

    def kept(self) -> int:
        return len(self.app.extensions["space.page_cache"].pages)

    def topic(self, author: str = "Amina", **more: str) -> str:
        body = {"language": "en", "title": "Wells", "body": "Two wells.", "category": "help", **more}
        made = self.system.robot(author).post("/topics", body)
        assert made.status_code == 201, made.text
        self.system.drain()
        return f"/talk/t/{made.json['id']}/{made.json['slug']}"


@pytest.fixture
def members(system: SystemHarness) -> Iterator[Members]:
    with clock.at(clock.now().replace(second=20)):
        yield Members(system)


def test_members_of_a_class_share_a_page_and_each_has_what_is_theirs(members: Members) -> None:
    topic = members.topic()
    pages = {}
    for name in ("Boris", "Carla"):
        browser = members.browser(name)
        pages[name] = browser.get(topic).text
        assert members.kept() == 1
        assert f"<bdi>{name}</bdi>" in pages[name]
        token = re.search(r'name="csrf_token" value="([^"]+)"', pages[name])
        assert token is not None
        form = {"csrf_token": token[1], "kind": "topic", "id": topic.split("/")[3], "level": "normal"}
        assert browser.post("/follow", data=form).status_code == 303
        assert "Following" in browser.get(topic).text
    assert "Boris" not in pages["Carla"]
    form_ids = {re.search(r'name="form_id" value="([^"]+)"', page)[1] for page in pages.values()}  # type: ignore[index]
    assert len(form_ids) == 2


def test_a_page_that_is_kept_collapses_posts_for_those_alone_who_have_muted_their_author(
    members: Members,
) -> None:
    topic = members.topic("Amina")
    readers = {name: members.browser(name) for name in ("Boris", "Carla")}
    for name in ("Boris", "Carla", "Boris"):
        assert "collapsed" not in readers[name].get(topic).text
    assert members.system.robot("Boris").put("/me/blocks/Amina", {"level": "mute"}).status_code == 200
    members.system.drain()
    members.app.extensions["space.page_cache"].ends.doubt()
    pages = [readers[name].get(topic).text for name in ("Boris", "Carla", "Boris", "Carla")]
    assert members.kept() == 1
    assert ["collapsed" in page for page in pages] == [True, False, True, False]


def test_who_is_named_on_a_page_gets_their_own(members: Members) -> None:
    topic = members.topic()
    reader, author = members.browser("Boris"), members.browser("Amina")
    assert "/edit" not in reader.get(topic).text
    assert "/edit" in author.get(topic).text
    assert "/edit" not in reader.get(topic).text


def test_who_has_powers_gets_their_own(members: Members) -> None:
    topic = members.topic()
    boris = members.browser("Boris")
    assert "/moderate" not in boris.get(topic).text
    assert "/moderate" in members.browser("Mina").get(topic).text
    members.system.services.people.grant_role(ROOT, "Boris", "moderator", True)
    members.system.drain()
    assert "/moderate" in boris.get(topic).text


def test_what_members_see_no_stranger_gets(members: Members) -> None:
    topic = members.topic(audience="members")
    assert members.browser("Boris").get(topic).status_code == 200
    assert members.app.test_client().get(topic).status_code == 404
    assert members.browser("Boris").get(topic).status_code == 200


def test_a_hidden_groups_topic_is_for_its_members(members: Members) -> None:
    group = hidden_group(members.system)
    topic = members.topic(audience=group["audience"])
    assert members.browser("Amina").get(topic).status_code == 200
    assert members.browser("Boris").get(topic).status_code == 404
    talk = members.browser("Boris").get("/talk").text
    assert "Wells" not in talk


def test_who_leaves_or_signs_out_gets_nothing_of_it(members: Members) -> None:
    browser = members.browser("Boris")
    assert "<bdi>Boris</bdi>" in browser.get("/talk").text
    account = browser.get("/talk").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', account)
    assert token is not None
    session = browser.get_cookie("space_session")
    assert session is not None
    assert browser.post("/sign-out", data={"csrf_token": token[1]}).status_code == 303
    other = members.app.test_client()
    other.set_cookie("space_session", session.value)
    assert "Boris" not in other.get("/talk").text


def test_the_answer_to_an_invitation_is_each_readers(members: Members) -> None:
    event = plan_event(members.system, "Walk")
    members.system.drain()
    path = f"/events/{event['id']}/{event['slug']}"
    boris, carla = members.browser("Boris"), members.browser("Carla")
    boris.get(path)
    members.system.robot("Boris").put(f"/events/{event['id']}/attendance", {"attending": "going"})
    members.system.drain()
    assert 'value="going" aria-pressed="true"' in boris.get(path).text
    assert 'value="going" aria-pressed="false"' in carla.get(path).text


def test_an_unchanged_page_is_not_sent_again_and_a_changed_part_is(members: Members) -> None:
    browser, topic = members.browser("Boris"), members.topic()
    first = browser.get(topic)
    again = browser.get(topic, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    followed = members.system.robot("Boris").put(f"/follows/topic/{topic.split('/')[3]}", {"level": "normal"})
    assert followed.status_code == 200
    members.system.drain()
    changed = browser.get(topic, headers={"If-None-Match": first.headers["ETag"]})
    assert (changed.status_code, "Following" in changed.text) == (200, True)


def test_it_goes_out_compressed(members: Members) -> None:
    browser, topic = members.browser("Boris"), members.topic()
    sent = browser.get(topic, headers={"Accept-Encoding": "br, gzip"})
    assert sent.headers["Content-Encoding"] == "gzip"
    assert "<bdi>Boris</bdi>" in gzip.decompress(sent.data).decode()
    assert "Accept-Encoding" in sent.headers["Vary"]
    head = browser.head(topic, headers={"Accept-Encoding": "gzip"})
    assert (head.status_code, head.data) == (200, b"")


def test_who_writes_sees_it_at_once_through_any_process(members: Members) -> None:
    """The other process is not told of events here, and learns within a second alone."""
    topic = members.topic()
    one, other = members.browser("Boris"), Members(members.system)
    browser = other.browser("Boris")
    assert "A new reply" not in browser.get(topic).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', one.get(topic).text)
    assert token is not None
    answer = one.post(
        f"{topic}/reply", data={"csrf_token": token[1], "body": "A new reply", "language": "en"}
    )
    assert answer.status_code == 303
    wrote = one.get_cookie("space_wrote")
    assert wrote is not None
    assert wrote.http_only
    browser.set_cookie("space_wrote", wrote.value)
    assert "A new reply" in browser.get(topic).text


def test_people_is_asked_once_who_reads(
    fakes: FakeServices, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for each in (fakes.people, fakes.blog, fakes.forum, fakes.events):
        each.answers["log_end"] = 1
    fakes.people.answers["viewer_of_session"] = Unavailable("service-away", params={"service": "people"})
    app = create_app(settings(tmp_path_factory.mktemp("home")), fakes.services, keep_pages=True)
    browser = app.test_client()
    browser.set_cookie("space_session", "a session")
    answer = browser.get("/news")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert len(fakes.people.called("viewer_of_session")) == 1


@pytest.mark.parametrize("size", [0, 1, 199, 200, 201, 70_000])
def test_pieces_are_one_file(size: int) -> None:
    filled = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    pieces = [Piece(b"<html>" * 500), Piece(filled, True), Piece(b""), Piece(b"</html>")]
    assert gzip.decompress(gzipped(pieces)) == b"".join(piece.data for piece in pieces)
    assert zlib.decompress(gzipped(pieces), 31) == b"".join(piece.data for piece in pieces)


def test_a_hole_keeps_what_it_is_told() -> None:
    told = ("topic", "a ]b[ %20é", "")
    assert split(f"before {Hole('follow', told)} after") == ["before ", Hole("follow", told), " after"]
    assert split("[follow topic 1]") == ["[follow topic 1]"]


def test_the_count_of_unread_is_that_of_now(members: Members) -> None:
    amina, boris = members.browser("Amina"), members.browser("Boris")
    topic = members.topic()
    path = f"/topics/{topic.split('/')[3]}/posts"
    assert 'data-unread="0"' in amina.get("/talk").text
    assert 'data-unread="0"' in boris.get("/talk").text
    for count in (1, 2):
        members.system.robot("Boris").post(path, {"language": "en", "body": f"Reply {count} @Amina"})
        members.system.drain()
        assert f'data-unread="{count}"' in amina.get("/talk").text
        assert 'data-unread="0"' in boris.get("/talk").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', amina.get("/talk").text)
    assert token is not None
    assert amina.post("/notifications/read", data={"csrf_token": token[1]}).status_code == 303
    amina.get("/notifications")  # with the notice that it is done
    assert 'data-unread="0"' in amina.get("/talk").text


@pytest.mark.parametrize("kind", ["hidden", "unlisted"])
def test_members_of_a_group_read_who_is_in_it_on_pages_that_they_share(members: Members, kind: str) -> None:
    system = members.system
    amina, boris = system.robot("Amina"), system.robot("Boris")
    wanted = {
        "slug": "circle",
        "kind": "hidden" if kind == "hidden" else "closed",
        "language": "en",
        "name": "Zqcircle",
    }
    slug = amina.post("/groups", wanted).json["slug"]
    inside, outside = members.browser("Boris"), members.browser("Carla")
    if kind == "hidden":
        amina.put(f"/groups/{slug}/members/Boris", {"state": "member"})
        boris.post(f"/groups/{slug}/invitation", {"accepted": True})
    else:
        amina.patch(f"/groups/{slug}", {"members_shown": False})
        boris.post(f"/groups/{slug}/join", {})
        amina.put(f"/groups/{slug}/members/Boris", {"state": "member"})
    assert boris.get(f"/groups/{slug}").json["my_state"] == "member"
    system.drain()
    for _ in range(2):
        assert "Zqcircle" in inside.get("/people/Amina").text
        assert "Zqcircle" not in outside.get("/people/Amina").text
        assert "Zqcircle" in inside.get("/groups").text
        assert f"/groups/{slug}/leave" in inside.get(f"/groups/{slug}").text
        assert ("Zqcircle" in outside.get("/groups").text) is (kind == "unlisted")
    left = system.robot("Boris").delete(f"/groups/{slug}/members/Boris")
    assert left.status_code in (200, 204), left.text
    system.drain()
    assert "Zqcircle" not in inside.get("/people/Amina").text
    assert ("Zqcircle" in inside.get("/groups").text) is (kind == "unlisted")
