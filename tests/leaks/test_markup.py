"""What is written in any field is never markup that runs: on pages, in feeds and calendars, in streams and the API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest

from core import clock
from services.shared.limits import without_limits
from tests.leaks.desk import Desk
from tests.leaks.looking import looks
from tests.leaks.payloads import PAYLOADS, WORD, faults
from tests.leaks.site import Client, LocalSite
from tests.leaks.world import Item, everybody

LINES = [" ".join(PAYLOADS[at : at + 2]) for at in range(0, len(PAYLOADS), 2)]
TEXT = "\n\n".join(PAYLOADS)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A community with payloads in every text."""
    site = LocalSite(tmp_path_factory.mktemp("markup"))
    site.lay_categories()
    with without_limits():
        made = Desk(site)
        _write(made)
    yield made
    made.close()
    site.local.close()


def _write(desk: Desk) -> None:
    world, robot = desk.world, desk.world.accounts["Ines"].robot
    day = (clock.now() + timedelta(days=30)).date()
    place = {"country": "KE", "latitude": 1.0, "longitude": 36.0}
    for line in LINES:
        topic = robot.done(
            "POST", "/topics", {"language": "en", "title": line, "body": TEXT, "category": "help"}
        )
        values = {"id": topic["id"], "slug": topic["slug"], "word": WORD, "tag": WORD}
        world.note(Item("topic", values, everybody))
        post = robot.done("POST", f"/topics/{topic['id']}/posts", {"body": f"{TEXT}\n\n> {line}"})
        change = {"revision": post["revision"], "body": f"{line}\n\n{TEXT}"}
        robot.done("PATCH", f"/posts/{post['id']}", change)
        world.note(Item("post", {"id": post["id"], "word": WORD}, everybody))
        given = {
            "language": "en", "title": line, "body": TEXT, "start": f"{day}T18:00", "minutes": 60, "timezone": "UTC",
            "online_url": f"https://meet.test/{quote(line)}", "place": {**place, "name": line, "venue": line},
        }  # fmt: skip
        event = robot.done("POST", "/events", given)
        values = {"id": event["id"], "slug": event["slug"], "word": WORD, "tag": WORD}
        world.note(Item("event", values, everybody))
        described = {"alt": line, "author": line, "licence": line, "source": line, "base64": Desk.picture()}
        picture = robot.done("POST", "/uploads", described)
        given = {
            "language": "en", "title": line, "summary": line, "body": f"{TEXT}\n\n![{line}](/media/{picture['id']}/40)",
            "category": "stories", "picture_id": picture["id"],
        }  # fmt: skip
        article = robot.done("POST", "/articles", given)
        robot.done("POST", f"/articles/{article['id']}/submit")
        editor = world.accounts["Edda"].robot
        if line != LINES[0]:
            article = editor.done("POST", f"/articles/{article['id']}/publish", {})
        else:
            article = editor.done("POST", f"/articles/{article['id']}/return", {"remark": TEXT})
        values = {"id": article["id"], "slug": article["slug"], "word": WORD, "tag": WORD}
        world.note(Item("article", values, everybody))
        given = {"slug": world.words.new(), "kind": "closed", "language": "en", "name": line, "about": TEXT}
        group = robot.done("POST", "/groups", given)
        world.note(Item("group", {"id": group["id"], "slug": group["slug"], "word": WORD}, everybody))
        world.accounts["Memo"].robot.done("POST", f"/groups/{group['slug']}/requests", {"words": TEXT[:1000]})
    desk.site.drain()
    me = {"display_name": PAYLOADS[0], "about": TEXT, "place_name": PAYLOADS[1], "place_country": "KE"}
    robot.done("PATCH", "/me", me)
    world.token("Ines", label=PAYLOADS[1])
    path = world.items_of("post")[-1].values["path"]
    world.accounts["Memo"].robot.done(
        "POST", "/reports", {"of": path, "reason": "other", "words": TEXT[:2000]}
    )
    topic_id = world.items_of("topic")[-1].id
    deleted = quote(TEXT[:900])
    world.accounts["Mona"].robot.done("DELETE", f"/topics/{topic_id}?reason=other&note={deleted}")
    for kind in ("name", "tagline", "about", "conduct"):
        text = PAYLOADS[0] if kind in ("name", "tagline") else TEXT
        fields = {
            "do": kind,
            "language": "en",
            f"{kind}_text": text,
            "revision": "0",
            f"{kind}_reason": PAYLOADS[1],
        }
        world.form("Adam", "/admin/site", fields)
    fields = {"do": "text", "language": "en", "name": PAYLOADS[0], "about": LINES[1], "reason": PAYLOADS[1]}
    for domain, slug in (("talk", "help"), ("news", "stories")):
        world.form("Adam", f"/admin/categories/{domain}/{slug}", fields)
    contact = {"words": TEXT[:2000], "nonce": "a-nonce"}
    page = Client(desk.site).submit("/contact-moderators", contact, token="")
    assert not faults(page)
    desk.site.drain()
    for case in desk.cases("Mona"):
        world.note(Item("case", {"id": case}, everybody))


@pytest.mark.parametrize("name", ["stranger", "Memo", "Ines", "Mona", "Adam"])
def test_nothing_that_is_written_runs(desk: Desk, name: str) -> None:
    client = Client(desk.site) if name == "stranger" else desk.world.accounts[name].browser
    found: list[str] = []
    seen = 0
    for look in looks(desk.world):
        answer = client.get(look.address)
        assert answer.status < 500, look.address
        seen += WORD in answer.text
        found += [f"{look.address}: {fault}" for fault in faults(answer)]
    assert not found, "\n".join(found[:30])
    assert seen > 100
