"""`/api.php`: MediaWiki's shapes, and never more than the asker may see."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from contracts.errors import Unavailable
from tests.unit.gateway.fakes import TOKEN, FakeServices
from tests.unit.gateway.harness import Robot, SystemHarness, hidden_group

pytestmark = pytest.mark.slow


def ask(robot: Robot, method: str = "GET", **parameters: Any) -> Any:
    sent = {"Authorization": f"Bearer {robot.token}"} if robot.token else {}
    parameters.setdefault("format", "json")
    if method == "POST":
        return robot.client.post("/api.php", data=parameters, headers=sent)
    return robot.client.get(f"/api.php?{urlencode(parameters)}", headers=sent)


def open_topics(system: SystemHarness, *titles: str, **more: Any) -> None:
    for title in titles:
        body = {
            "language": "en",
            "title": title,
            "body": "About <maps> & compasses.",
            "category": "help",
            **more,
        }
        assert system.robot("Amina").post("/topics", body).status_code == 201
    system.drain()


def search(robot: Robot, words: str, **parameters: Any) -> Any:
    return ask(robot, action="query", list="search", srsearch=words, **parameters).json


def test_search_has_mediawikis_shape(system: SystemHarness) -> None:
    open_topics(system, "Street maps")
    found = search(Robot(system), "street")
    assert found["batchcomplete"] == ""
    assert found["query"]["searchinfo"] == {"totalhits": 1}
    (hit,) = found["query"]["search"]
    assert (hit["ns"], hit["title"], hit["kind"]) == (0, "Street maps", "topic")
    assert hit["url"].startswith("http://space.test/talk/t/")
    assert isinstance(hit["pageid"], int)
    assert hit["timestamp"].endswith("Z")
    assert search(Robot(system), "street", formatversion=2)["batchcomplete"] is True


def test_a_snippet_marks_matches_and_escapes_the_rest(system: SystemHarness) -> None:
    open_topics(system, "Walks")
    (hit,) = [one for one in search(Robot(system), "compasses")["query"]["search"] if one["kind"] == "topic"]
    assert '<span class="searchmatch">compasses</span>' in hit["snippet"]
    assert "<maps>" not in hit["snippet"]
    assert "&lt;maps&gt; &amp;" in hit["snippet"]


def test_search_goes_on_by_offset(system: SystemHarness) -> None:
    open_topics(system, *(f"Walk {number}" for number in range(5)))
    everything = [one["pageid"] for one in search(Robot(system), "walk", srlimit=50)["query"]["search"]]
    pages: list[int] = []
    going_on: dict[str, Any] = {}
    for _ in range(20):
        answer = search(Robot(system), "walk", srlimit=2, **going_on)
        pages += [one["pageid"] for one in answer["query"]["search"]]
        if "continue" not in answer:
            break
        assert "batchcomplete" not in answer
        going_on = answer["continue"]
    assert pages == everything
    assert len(pages) >= 5
    beyond = search(Robot(system), "walk", sroffset=1000)
    assert beyond["query"]["search"] == []
    assert beyond["query"]["searchinfo"]["totalhits"] == len(everything)


def test_search_shows_only_what_the_asker_may_see(system: SystemHarness) -> None:
    amina = system.robot("Amina")
    group = hidden_group(system)
    open_topics(system, "Hidden zebra", audience=group["audience"], category=None)
    for outsider in (Robot(system), system.robot("Boris")):
        found = search(outsider, "zebra")
        assert found["query"] == {"searchinfo": {"totalhits": 0}, "search": []}
        assert ask(outsider, action="opensearch", search="Hidden").json == ["Hidden", [], [], []]
    assert search(amina, "zebra")["query"]["searchinfo"]["totalhits"] >= 1


def test_opensearch_is_four_lists(system: SystemHarness) -> None:
    open_topics(system, "Street maps", "Street lamps", "Lamps")
    beginning, titles, empty, urls = ask(Robot(system), action="opensearch", search="street").json
    assert beginning == "street"
    assert sorted(titles) == ["Street lamps", "Street maps"]
    assert empty == ["", ""]
    assert all(url.startswith("http://space.test/talk/t/") for url in urls)


def test_prefixsearch_has_mediawikis_shape(system: SystemHarness) -> None:
    open_topics(system, "Street maps", "Lamps in streets", "Lamps")
    found = ask(Robot(system), action="query", list="prefixsearch", pssearch="stre").json
    assert found["batchcomplete"] == ""
    titles = found["query"]["prefixsearch"]
    assert [each["title"] for each in titles] == ["Street maps", "Lamps in streets"]
    assert [each["ns"] for each in titles] == [0, 0]
    by_words = search(Robot(system), "street")["query"]["search"]
    assert {each["pageid"] for each in titles} == {each["pageid"] for each in by_words}
    assert "warnings" not in found
    nothing = ask(Robot(system), action="query", list="prefixsearch", pssearch="zzz", formatversion=2).json
    assert nothing == {"batchcomplete": True, "query": {"prefixsearch": []}}


def test_prefixsearch_goes_on_by_offset(system: SystemHarness) -> None:
    open_topics(system, *(f"Walk {number}" for number in range(5)))
    asked = {"action": "query", "list": "prefixsearch", "pssearch": "walk", "pslimit": 2}
    titles: list[str] = []
    going_on: dict[str, Any] = {}
    for _ in range(9):
        answer = ask(Robot(system), **{**asked, **going_on}).json
        titles += [each["title"] for each in answer["query"]["prefixsearch"]]
        if "continue" not in answer:
            break
        assert "batchcomplete" not in answer
        assert answer["continue"]["continue"] == "-||"
        going_on = answer["continue"]
    assert sorted(titles) == [f"Walk {number}" for number in range(5)]
    pages = ask(Robot(system), action="query", generator="prefixsearch", gpssearch="walk", gpslimit=3).json
    assert [each["index"] for each in pages["query"]["pages"].values()] == [1, 2, 3]
    assert pages["continue"] == {"gpsoffset": 3, "continue": "gpsoffset||"}


def test_prefixsearch_needs_a_beginning_and_shows_nothing_hidden(system: SystemHarness) -> None:
    group = hidden_group(system)
    open_topics(system, "Hidden zebra", audience=group["audience"], category=None)
    missing = ask(Robot(system), action="query", list="prefixsearch").json
    assert missing["error"]["code"] == "missingparam"
    wrong = ask(Robot(system), action="query", list="prefixsearch", pssearch="a", psoffset="x").json
    assert wrong["error"]["code"] == "badinteger"
    asked = {"action": "query", "list": "prefixsearch", "pssearch": "hidden"}
    for outsider in (Robot(system), system.robot("Boris")):
        assert ask(outsider, **asked).json["query"] == {"prefixsearch": []}
    assert len(ask(system.robot("Amina"), **asked).json["query"]["prefixsearch"]) == 1


def test_siteinfo(system: SystemHarness) -> None:
    found = ask(Robot(system), action="query", meta="siteinfo", siprop="general|namespaces").json["query"]
    assert found["general"]["sitename"] == "Space"
    assert found["general"]["articlepath"] == "/wiki/$1"
    assert found["namespaces"]["0"]["*"] == ""
    assert found["namespaces"]["0"]["content"] == ""
    newer = ask(Robot(system), action="query", meta="siteinfo", siprop="namespaces", formatversion=2).json
    assert newer["query"]["namespaces"]["0"]["name"] == ""
    assert newer["query"]["namespaces"]["0"]["content"] is True


def test_userinfo(system: SystemHarness) -> None:
    assert ask(Robot(system), action="query", meta="userinfo").json["query"]["userinfo"] == {
        "id": 0, "name": "*", "anon": "",
    }  # fmt: skip
    edith = ask(system.robot("Edith"), action="query", meta="userinfo", uiprop="groups|unreadcount").json
    assert edith["query"]["userinfo"]["name"] == "Edith"
    assert edith["query"]["userinfo"]["groups"] == ["*", "user", "editor"]
    assert edith["query"]["userinfo"]["unreadcount"] == 0


def test_notifications_have_echos_shape(system: SystemHarness) -> None:
    open_topics(system, "Maps", body="What do you say, @Boris?")
    boris = system.robot("Boris")
    asked: dict[str, Any] = {
        "action": "query",
        "meta": "notifications",
        "notprop": "list|count",
        "notformat": "model",
    }
    found = ask(boris, **asked).json["query"]["notifications"]
    assert (found["rawcount"], found["count"], found["continue"]) == (1, "1", None)
    (entry,) = found["list"]
    assert entry["agent"]["name"] == "Amina"
    assert entry["section"] == "alert"
    assert "read" not in entry
    assert entry["*"]["header"]
    assert "<" not in entry["*"]["header"]
    assert entry["*"]["links"]["primary"]["url"].startswith("http://space.test/talk/")
    boris.post("/notifications/read", {})
    assert ask(boris, **asked, notfilter="!read").json["query"]["notifications"]["list"] == []
    (entry,) = ask(boris, **asked, notfilter="read").json["query"]["notifications"]["list"]
    assert "read" in entry
    assert ask(system.robot("Edith"), **asked).json["query"]["notifications"]["list"] == []


def test_a_stranger_has_no_notifications(system: SystemHarness) -> None:
    answer = ask(Robot(system), action="query", meta="notifications")
    assert answer.status_code == 200
    assert answer.json["error"]["code"] == "login-required"
    assert answer.headers["MediaWiki-API-Error"] == "login-required"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "badvalue"),
        ({"action": "edit"}, "badvalue"),
        ({"action": "query", "format": "xml"}, "badvalue"),
        ({"action": "query", "list": "search"}, "missingparam"),
        ({"action": "query", "list": "search", "srsearch": "x", "srlimit": "many"}, "badinteger"),
        ({"action": "query", "list": "search", "srsearch": "x", "sroffset": "-1"}, "badinteger"),
        ({"action": "query", "list": "search", "srsearch": "x", "srsort": "random"}, "badvalue"),
        ({"action": "query", "meta": "notifications", "notformat": "x"}, "login-required"),
        ({"action": "opensearch"}, "missingparam"),
    ],
)
def test_errors_have_mediawikis_shape(system: SystemHarness, parameters: dict[str, Any], code: str) -> None:
    for version, key in (("1", "*"), ("2", "docref")):
        answer = ask(Robot(system), **parameters, formatversion=version)
        assert answer.status_code == 200
        error = answer.json["error"]
        assert error["code"] == code
        assert error["info"]
        assert key in error


def test_unknown_values_and_parameters_are_warned_of(system: SystemHarness) -> None:
    answer = ask(Robot(system), action="query", list="search|allpages", srsearch="x", srfoo="1", srlimit=5000)
    assert "allpages" in answer.json["warnings"]["query"]["*"]
    assert "srfoo" in answer.json["warnings"]["main"]["*"]
    assert "srlimit" in answer.json["warnings"]["main"]["*"]
    newer = ask(Robot(system), action="query", meta="everything", formatversion=2).json
    assert "everything" in newer["warnings"]["query"]["warnings"]


def test_a_wrong_token_is_refused_and_another_sites_script_may_read_that(system: SystemHarness) -> None:
    answer = ask(Robot(system, "nonsense"), action="query", meta="userinfo", crossorigin="")
    assert answer.status_code == 401
    assert answer.json["error"]["code"] == "mwoauth-invalid-authorization"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in ask(Robot(system), action="query").headers


def test_a_cookie_counts_only_for_ones_own_site_and_for_get(fakes: FakeServices, member: Any) -> None:
    def name(answer: Any) -> str:
        return str(answer.json["query"]["userinfo"]["name"])

    path = "/api.php?action=query&meta=userinfo&format=json"
    assert name(member.get(path)) == "Amina"
    assert name(member.get(f"{path}&origin=*")) == "*"
    assert name(member.post(path)) == "*"
    assert TOKEN not in member.get(path).text


def test_posting_asks_as_well(system: SystemHarness) -> None:
    answer = ask(Robot(system), "POST", action="query", list="search", srsearch="nothing")
    assert answer.json["query"]["search"] == []


def test_a_service_that_is_away_is_told(fakes: FakeServices, stranger: Any) -> None:
    fakes.search.answers["search"] = Unavailable("service-away", params={"service": "search"})
    answer = stranger.get("/api.php?action=query&list=search&srsearch=x&format=json")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json["error"]["code"] == "internal_api_error_unavailable"


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/wiki/", "/"),
        ("/wiki/News/a-title", "/news/a-title"),
        ("/wiki/talk/t/0000000000000000", "/talk/t/0000000000000000"),
        ("/wiki/Events", "/events"),
        ("/wiki/User:Amina_B", "/people/Amina_B"),
        ("/wiki/Tag:Photo_walks", "/tags/photo-walks"),
        ("/wiki/News:A_title", "/news/a-title"),
        ("/wiki/Event:0123456789abcdef", "/events/0123456789abcdef"),
        ("/wiki/Special:Search?search=street+maps", "/search?q=street+maps"),
        ("/wiki/Special:Anything", "/search"),
        ("/wiki/No_such_page", "/search?q=No+such+page"),
        ("/wiki/news/%2Fevil.test", "/news/evil.test"),
        ("/wiki/%5Cevil.test", "/search?q=%5Cevil.test"),
        ("/wiki/Tag:!!!", "/search?q=%21%21%21"),
    ],
)
def test_interwiki_links_lead_to_pages(system: SystemHarness, path: str, location: str) -> None:
    answer = Robot(system).client.get(path)
    assert answer.status_code in (301, 302)
    assert answer.headers["Location"] == location


def test_an_interwiki_link_finds_a_page_by_its_title(system: SystemHarness) -> None:
    open_topics(system, "Street maps")
    answer = Robot(system).client.get("/wiki/Street_maps")
    assert answer.headers["Location"].startswith("/talk/t/")


@pytest.mark.parametrize(
    "module", [{"action": "query", "meta": "siteinfo"}, {"action": "opensearch", "search": "a"}]
)
def test_what_a_client_asserts_of_its_session_is_checked_on_every_module(
    system: SystemHarness, module: dict[str, str]
) -> None:
    stranger, amina = Robot(system), system.robot("Amina")
    for robot, asserted, code in (
        (stranger, {"assert": "user"}, "assertuserfailed"),
        (stranger, {"assert": "anon"}, None),
        (stranger, {"assert": "bot"}, "assertbotfailed"),
        (stranger, {"assertuser": "Amina"}, "assertnameduserfailed"),
        (amina, {"assert": "user"}, None),
        (amina, {"assert": "anon"}, "assertanonfailed"),
        (amina, {"assertuser": "amina"}, None),
        (amina, {"assertuser": "Boris"}, "assertnameduserfailed"),
        (amina, {"assert": "nonsense"}, "badvalue"),
    ):
        answer = ask(robot, **module, **asserted)
        assert answer.headers.get("MediaWiki-API-Error") == code, (robot.token, asserted)


def test_a_generator_gives_the_hits_as_pages(system: SystemHarness) -> None:
    open_topics(system, "Street maps", "Street walks")
    asked: dict[str, Any] = {"action": "query", "generator": "search", "gsrsearch": "street", "gsrlimit": 1}
    first = ask(Robot(system), **asked, formatversion=2).json
    second = ask(Robot(system), **asked, formatversion=2, **first["continue"]).json
    pages = [*first["query"]["pages"], *second["query"]["pages"]]
    assert {page["title"] for page in pages} == {"Street maps", "Street walks"}
    assert [page["index"] for page in pages] == [1, 2]
    assert "continue" not in second
    keyed = ask(Robot(system), **asked).json["query"]["pages"]
    assert [int(key) for key in keyed] == [page["pageid"] for page in keyed.values()]
    assert "query" not in ask(Robot(system), **{**asked, "gsrsearch": "nothing"}).json


def test_a_client_learns_what_there_is_before_it_asks(system: SystemHarness) -> None:
    asked = {"action": "paraminfo", "modules": "main|query|query+search|query+nothing"}
    answer = ask(Robot(system), **asked, requestid="r1", curtimestamp="").json
    modules = {module["path"]: module for module in answer["paraminfo"]["modules"]}
    assert list(modules) == ["main", "query", "query+search"]
    assert "query+nothing" in answer["warnings"]["paraminfo"]["*"]
    actions = next(each for each in modules["main"]["parameters"] if each["name"] == "action")
    assert {"query", "opensearch", "paraminfo"} == set(actions["type"])
    assert answer["requestid"] == "r1"
    assert answer["curtimestamp"].endswith("Z")


def test_the_site_has_what_clients_take_for_granted(system: SystemHarness) -> None:
    asked = {"action": "query", "meta": "siteinfo", "siprop": "general|namespaces|namespacealiases|nothing"}
    answer = ask(Robot(system), **asked, formatversion=2).json
    general = answer["query"]["general"]
    assert general["generator"].startswith("MediaWiki 1.")
    assert {"thumblimits", "imagelimits", "magiclinks", "articlepath", "legaltitlechars"} <= general.keys()
    assert answer["query"]["namespaces"]["0"]["content"] is True
    assert answer["query"]["namespacealiases"] == []
    assert "nothing" in answer["warnings"]["siteinfo"]["warnings"]
