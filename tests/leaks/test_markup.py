"""What is written in any field is never markup that runs: on pages, in feeds and calendars, in streams and the API; nor
is what is asked for, and nothing that is asked for leads to another site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest

from core import clock
from services.shared.limits import without_limits
from tests.leaks import reflected
from tests.leaks.desk import Desk
from tests.leaks.looking import looks
from tests.leaks.payloads import PAYLOADS, WORD, faults
from tests.leaks.reflected import BREAKING, ELSEWHERE, away, wrong
from tests.leaks.site import PASSWORD, Client, LocalSite
from tests.leaks.trial import Trial
from tests.leaks.world import Item, everybody
from tests.leaks.writes import OPEN, WRITES

LINES = [" ".join(PAYLOADS[at : at + 2]) for at in range(0, len(PAYLOADS), 2)]
TEXT = "\n\n".join(PAYLOADS)
FAULTS: list[str] = []
"""What was wrong with the answers to forms full of payloads, with which the community is made."""
NEVER_SENT = ("/settings/account", "/admin/people/<name>/account", "/admin/new-people")
"""Forms that would change for good who somebody is, or what others may write."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A community with payloads in every text."""
    site = LocalSite(tmp_path_factory.mktemp("markup"))
    site.lay_categories()
    with without_limits():
        made = Desk(site)
        _write(made)
        FAULTS[:] = _send_forms(made)
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
        world.note(Item("post", {"id": post["id"], "word": WORD, "topic": topic["id"]}, everybody))
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


def _send_forms(desk: Desk) -> list[str]:
    """Let every form be sent by who may, with payloads in each of its texts: first so that it is taken, if it can be,
    then in all of its fields and with some that it does not have."""
    found: list[str] = []
    for (method, rule), write in WRITES.items():
        if not write.form or rule in NEVER_SENT:
            continue
        trial = Trial(desk, (method, rule), write.audiences[0])
        names = reflected.names_of(desk.site.app, rule, "POST")
        body = reflected.hostile(trial.body, PAYLOADS[0])
        everything = dict.fromkeys((*names, *body, *reflected.EVERYWHERE), BREAKING)
        led = {**body, **dict.fromkeys(("next", "return", "back", "to"), ELSEWHERE[1])}
        for fields in (everything, led):
            answer = trial.by.client.submit(trial.address, fields)
            shown = reflected.follow(trial.by.client, answer)
            says = (*wrong(answer), *wrong(shown))
            found += [f"{trial.address} with {sorted(fields)}: {fault}" for fault in says]
    desk.site.drain()
    return found


def test_no_answer_to_a_form_has_what_was_sent_as_markup(desk: Desk) -> None:
    assert not FAULTS, "\n".join(FAULTS[:30])


@pytest.mark.parametrize("rule", sorted({rule for _, rule in OPEN if not rule.startswith("/api")}))
def test_no_form_for_everybody_has_what_was_sent_as_markup(desk: Desk, rule: str) -> None:
    names = reflected.names_of(desk.site.app, rule, "POST")
    address = re.sub("<[a-z_]+>", "none", rule)
    for client in (Client(desk.site), desk.world.accounts["Memo"].browser):
        for value in (BREAKING, ELSEWHERE[0], ELSEWHERE[1]):
            if rule == "/sign-out" and client.session:
                continue
            answer = client.submit(address, dict.fromkeys((*names, *reflected.EVERYWHERE), value))
            assert not wrong(answer)
            assert not wrong(reflected.follow(client, answer))


@pytest.mark.parametrize("name", ["stranger", "Memo", "Mona", "Adam"])
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


def test_nothing_that_is_asked_for_runs_or_leads_away(desk: Desk) -> None:
    stranger, adam = Client(desk.site), desk.world.accounts["Adam"].browser
    found: list[str] = []
    for look in reflected.first_of_each(desk):
        asked = [(stranger, address) for address in reflected.asked(look)]
        if not look.rule.startswith("/api/"):
            asked += [(adam, address) for address in reflected.asked_alone(desk.site.app, look)]
        for client, address in asked:
            found += [f"{address}: {fault}" for fault in wrong(client.get(address))]
    assert not found, "\n".join(found[:30])


def test_no_header_of_a_request_is_written_into_a_page_or_leads_away(desk: Desk) -> None:
    client = desk.world.accounts["Adam"].browser
    found: list[str] = []
    pages = [look for look in reflected.first_of_each(desk) if not look.rule.startswith("/api/")]
    for look in pages:
        for headers in reflected.headers():
            answer = client.send("GET", look.address, None, **headers)
            found += [f"{look.address} {headers}: {fault}" for fault in wrong(answer)]
            if "evil.example" in answer.told:
                found.append(f"{look.address} {headers}: names the other site")
    assert not found, "\n".join(found[:30])


@pytest.mark.parametrize("where", ELSEWHERE)
def test_no_form_leads_away(desk: Desk, where: str) -> None:
    """Those that lead on to somewhere, by a field, by the address of the form, or by where it stood."""
    stranger, memo = Client(desk.site), desk.world.accounts["Memo"].browser
    account = {"name": "Memo", "password": PASSWORD}
    new = {**account, "name": f"N{desk.world.words.new()}"}
    forms: tuple[tuple[Client, str, dict[str, str]], ...] = (
        (stranger, "/sign-in", account),
        (stranger, "/sign-up", new),
        (memo, "/follow", {"kind": "tag", "id": "maps", "level": "normal"}),
        (memo, "/notifications/read", {}),
        (memo, "/languages", {"language": "de"}),
        (stranger, "/talk/new", {"title": "x", "body": "x"}),
    )
    for client, path, fields in forms:
        token = client.form_token()
        data = urlencode(
            {**fields, **dict.fromkeys(("next", "return", "back", "to"), where), "csrf_token": token}
        )
        address = f"{path}?{urlencode({'next': where})}"
        plain = re.sub(r"[\r\n\ufeff]", "", where)  # which no header can have
        form = "application/x-www-form-urlencoded"
        answer = client.send("POST", address, data.encode(), kind=form, Referer=plain)
        assert answer.status in (200, 302, 303, 401, 422), (path, answer.status)
        assert not away(answer.header("Location")), path
