"""What browsers and search engines ask every site for."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from xml.etree import ElementTree

import pytest
from PIL import Image

from contracts.common import MonthCount
from core import clock
from core.audience import Viewer
from gateway.services import Services
from gateway.site.sitemap import Months
from tests.unit.gateway.harness import SystemHarness

pytestmark = pytest.mark.slow

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LINK = "{http://www.w3.org/1999/xhtml}link"


def get(system: SystemHarness, path: str, **headers: str) -> Any:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return system.app.test_client().get(path, headers=sent)


def parsed(system: SystemHarness, path: str) -> ElementTree.Element:
    answer = get(system, path)
    assert (answer.status_code, answer.mimetype) == (200, "application/xml"), answer.text
    return ElementTree.fromstring(answer.text)


def files(system: SystemHarness) -> list[str]:
    """The paths of the files that the index names."""
    addresses = [each.text or "" for each in parsed(system, "/sitemap.xml").iter(f"{SITEMAP}loc")]
    assert all(address.startswith("http://space.test/sitemap-") for address in addresses)
    return [address.removeprefix("http://space.test") for address in addresses]


def urls(system: SystemHarness) -> dict[str, ElementTree.Element]:
    """Every entry of all files, by its path."""
    return {
        (each.findtext(f"{SITEMAP}loc") or "").removeprefix("http://space.test"): each
        for file in files(system)
        for each in parsed(system, file).iter(f"{SITEMAP}url")
    }


def write(system: SystemHarness) -> dict[str, dict[str, Any]]:
    """An article in two languages, a topic and a weekly event, all public."""
    amina, edith = system.robot("Amina"), system.robot("Edith")
    text = {"language": "en", "body": "A zebra."}
    article = amina.post("/articles", {**text, "title": "News & more", "category": "stories"}).json
    amina.post(f"/articles/{article['id']}/submit")
    article = edith.post(f"/articles/{article['id']}/publish").json
    version = {"title": "Neues", "body": "Ein Zebra."}
    assert edith.put(f"/articles/{article['id']}/versions/de", version).status_code == 200
    topic = amina.post("/topics", {**text, "title": "Question", "category": "help"}).json
    day = (clock.now() + timedelta(days=3)).date()
    event = {
        "start": f"{day}T18:00",
        "minutes": 90,
        "timezone": "Europe/Berlin",
        "online_url": "https://x.test/",
    }
    weekly = amina.post("/events", {**text, **event, "title": "Walk", "recurrence": "FREQ=WEEKLY"}).json
    system.drain()
    return {"article": article, "topic": topic, "event": weekly}


def test_the_sitemap_has_every_public_page_once(system: SystemHarness) -> None:
    made = write(system)
    found = urls(system)
    article, topic = f"/news/{made['article']['slug']}", f"/talk/t/{made['topic']['id']}/question"
    assert {
        "/",
        "/news",
        "/talk/c/help",
        article,
        topic,
        f"/events/{made['event']['id']}/walk",
    } <= found.keys()
    languages = {each.attrib["hreflang"]: each.attrib["href"] for each in found[article].iter(LINK)}
    assert languages == {code: f"http://space.test{article}?lang={code}" for code in ("en", "de")}
    assert list(found[topic].iter(LINK)) == [], "there is one language only"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found[topic].findtext(f"{SITEMAP}lastmod") or "")
    for path in found:
        answer = get(system, path)
        assert answer.status_code == 200, path


def test_a_month_has_a_file_of_its_own(system: SystemHarness) -> None:
    with clock.at(clock.now() - timedelta(days=100)):
        amina = system.robot("Amina")
        text = {"language": "en", "title": "Old question", "body": "x", "category": "help"}
        old = amina.post("/topics", text).json
    write(system)
    talk = [file for file in files(system) if "/sitemap-talk-" in file]
    assert len(talk) == 2
    assert old["id"] in get(system, talk[1]).text
    assert old["id"] not in get(system, talk[0]).text


def test_every_event_is_in_the_sitemap_once_however_far_away(system: SystemHarness) -> None:
    text = {"language": "en", "body": "x", "minutes": 60, "timezone": "UTC", "online_url": "https://x.test/"}
    made = []
    for years, recurrence in ((-9, None), (-8, "FREQ=MONTHLY"), (0, None), (0, "FREQ=WEEKLY"), (4, None)):
        day = clock.now() + timedelta(days=365 * years)
        with clock.at(min(day, clock.now())):
            event = {**text, "title": "Walk", "start": f"{day:%Y-%m-%d}T23:30"}
            answer = system.robot("Amina").post("/events", {**event, "recurrence": recurrence})
        assert answer.status_code == 201, answer.text
        made.append(answer.json)
    listed = [get(system, file).text for file in files(system)]
    for event in made:
        assert sum(text.count(f"/events/{event['id']}/") for text in listed) == 1, event["starts_at"]


def test_a_month_with_too_many_pages_for_one_file_has_several(system: SystemHarness) -> None:
    made = {system.robot("Amina").post("/topics", {
        "language": "en", "title": f"Question {number}", "body": "x", "category": "help",
    }).json["id"] for number in range(5)}  # fmt: skip
    system.app.extensions["space.sitemap"] = Months(system.services, part=2)
    talk = [file for file in files(system) if "/sitemap-talk-" in file]
    assert [file.removesuffix(".xml")[len("/sitemap-talk-2026-11") :] for file in talk] == ["", "-2", "-3"]
    found = [re.findall(r"/talk/t/(\w{16})/", get(system, file).text) for file in talk]
    assert [len(part) for part in found] == [2, 2, 1]
    assert {each for part in found for each in part} == made
    for part in ("1", "4", "0", "99", "02"):
        assert get(system, talk[0].replace(".xml", f"-{part}.xml")).status_code == 404


def test_the_months_are_counted_once_in_five_minutes() -> None:
    asked = []

    class Blog:
        def article_months(self, viewer: Viewer) -> list[MonthCount]:
            asked.append(viewer)
            return [MonthCount(month="2026-01", items=1)]

    months = Months(cast(Services, SimpleNamespace(blog=Blog())))
    now = clock.now()
    for minutes, times in ((0, 1), (4, 1), (6, 2)):
        with clock.at(now + timedelta(minutes=minutes)):
            assert months.of("news")[0].items == 1
            assert len(asked) == times


def test_what_is_not_public_is_in_no_sitemap(system: SystemHarness) -> None:
    amina = system.robot("Amina")
    hidden = {"slug": "circle", "kind": "hidden", "language": "en", "name": "Circle"}
    group = amina.post("/groups", hidden).json
    system.drain()
    empty = [(file, get(system, file).text) for file in files(system)]
    text = {"language": "en", "title": "Secret", "body": "x"}
    for limited in ({"audience": group["audience"]}, {"audience": "members", "category": "help"}):
        assert amina.post("/topics", {**text, **limited}).status_code == 201
    assert amina.post("/articles", {**text, "category": "stories"}).status_code == 201
    system.drain()
    assert [(file, get(system, file).text) for file in files(system)] == empty
    assert not any("circle" in content for _, content in empty)


@pytest.mark.parametrize(
    "path", ["/sitemap-talk-2026-13.xml", "/sitemap-people-2026-01.xml", "/sitemap-talk-1.xml"]
)
def test_other_files_do_not_exist(system: SystemHarness, path: str) -> None:
    assert get(system, path).status_code == 404


def test_an_unchanged_sitemap_is_a_304(system: SystemHarness) -> None:
    first = get(system, "/sitemap.xml")
    assert get(system, "/sitemap.xml", If_None_Match=first.headers["ETag"]).status_code == 304


def test_robots_are_told_where_the_sitemap_is_and_what_to_leave(system: SystemHarness) -> None:
    answer = get(system, "/robots.txt")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    lines = answer.text.splitlines()
    assert lines[0] == "User-agent: *"
    assert "Disallow: /api/" in lines
    assert {"Disallow: /search?", "Disallow: /sign-in?", "Disallow: /report?"} <= set(lines)
    assert not {"Disallow: /search", "Disallow: /sign-in"} & set(lines)
    assert "Sitemap: http://space.test/sitemap.xml" in lines
    assert "Set-Cookie" not in answer.headers


def test_the_icon_is_where_browsers_look_for_it(system: SystemHarness) -> None:
    answer = get(system, "/favicon.ico")
    assert (answer.status_code, answer.mimetype) == (200, "image/x-icon")
    with Image.open(io.BytesIO(answer.data)) as icon:
        assert icon.info["sizes"] == {(16, 16), (32, 32), (48, 48)}
