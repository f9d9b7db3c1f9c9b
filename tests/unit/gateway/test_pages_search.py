from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, quote, urlsplit
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from contracts.blog import CategoryView
from contracts.common import Page
from contracts.errors import NotFound, Unavailable, invalid
from contracts.events import FoundPlace
from contracts.notify import FollowView, NotificationView
from contracts.search import Facet, Hit, SearchHint, SearchResult, Suggestion, TagLine
from core import clock
from core.search_filters import value_of
from tests.unit.gateway.fakes import AMINA, BORIS, CARDS, MOMENT, TOPIC, FakeServices, line
from tests.unit.gateway.page_samples import EVENT, GROUP, POST, event, event_line, topic, topic_line

OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
Token = Callable[[FlaskClient], str]


def hit(**changes: object) -> Hit:
    values = {
        "kind": "topic", "id": TOPIC, "path": f"/talk/t/{TOPIC}/where-to-begin", "language": "en",
        "title": "Where to begin", "snippet": "we \ue000begin\ue001 <here>", "author_id": BORIS, "tags": ["birds"],
        "at": MOMENT,
    }  # fmt: skip
    return Hit.model_validate({**values, **changes})


@pytest.fixture
def fakes() -> FakeServices:
    fakes = FakeServices()
    fakes.search.answers["search"] = SearchResult(
        items=[hit(), hit(kind="event", language="ar", title="جولة", path=f"/events/{EVENT}/x")],
        total=2, kinds=[Facet(value="topic", count=1), Facet(value="event", count=1)],
        languages=[Facet(value="ar", count=1)], tags=[Facet(value="birds", count=2)],
    )  # fmt: skip
    fakes.people.answers["cards_by_name"] = lambda viewer, names: [
        card for card in CARDS if card.name in names
    ]
    return fakes


def test_nothing_asked_nothing_looked_for(fakes: FakeServices, stranger: FlaskClient) -> None:
    assert stranger.get("/search").status_code == 200
    assert not fakes.search.calls


def test_hits_with_marks_facets_and_languages(stranger: FlaskClient) -> None:
    page = stranger.get("/search?q=begin").text
    assert "we <mark>begin</mark> &lt;here&gt;" in page
    assert "2 results" in page
    assert '<h3 lang="ar" dir="rtl">' in page
    assert 'name="tag" value="birds"' in page
    assert "Boris" in page


def test_more_hits_than_are_counted(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.search.answers["search"] = SearchResult(items=[hit()], total=1000, at_least=True)
    assert "At least 1,000 results" in stranger.get("/search?q=begin").text


def test_filters_of_the_form_are_written_into_the_text(stranger: FlaskClient) -> None:
    answer = stranger.get(
        "/search?q=begin+tag:old&filters=1&kind=topic&kind=post&language=de&author=@Boris&from=&until=2027-01-01"
        "&has=picture&sort=newest&uselang=de"
    )
    assert answer.status_code == 302
    (written,) = parse_qs(urlsplit(answer.location).query)["q"]
    assert written == "begin kind:topic kind:post lang:de author:@Boris before:2027-01-01 has:picture"
    assert "sort=newest" in answer.location
    assert "uselang=de" in answer.location


def test_a_filter_in_the_address_is_added_to_the_text(stranger: FlaskClient) -> None:
    answer = stranger.get("/search?q=begin+tag:old&language=de&tag=")
    assert parse_qs(urlsplit(answer.location).query) == {"q": ["begin tag:old lang:de"]}


def test_events_are_asked_for_by_place_and_language(fakes: FakeServices, stranger: FlaskClient) -> None:
    answer = stranger.get("/search?q=walk&filters=1&is=online&spoken=de")
    assert parse_qs(urlsplit(answer.location).query) == {"q": ["walk is:online spoken:de"]}
    page = stranger.get("/search?q=walk+is:online+spoken:de").text
    assert 'name="is" value="online" checked' in page
    assert '<option value="de" selected' in page


def test_events_are_asked_for_near_a_place_and_with_seats(stranger: FlaskClient) -> None:
    answer = stranger.get("/search?q=walk&filters=1&near=New+York&within=100km&has=seats")
    assert parse_qs(urlsplit(answer.location).query) == {"q": ['walk has:seats near:"New York" within:100km']}
    page = stranger.get('/search?q=walk+near:"New+York"+within:100km+has:seats').text
    assert 'name="near" value="New York"' in page
    assert '<option value="100km" selected>100 km</option>' in page
    assert 'name="has" value="seats" checked' in page
    usual = stranger.get("/search?q=walk+near:Suva").text
    assert '<option value="" selected>50 km</option>' in usual
    miles = stranger.get("/search?q=near:Suva+within:30mi").text
    assert '<option value="48.28km" selected>48.3 km</option>' in miles
    again = stranger.get("/search?q=near:Suva&filters=1&near=Suva&within=48.28km")
    assert parse_qs(urlsplit(again.location).query) == {"q": ["near:Suva within:48.28km"]}
    assert value_of("within", "48.28km") == "48.28km", "what the form says, a search takes"


def test_near_a_place_the_nearest_may_come_first(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.search.answers["search"] = SearchResult(
        items=[hit(kind="event", distance_km=12.5), hit(kind="event", id=EVENT)], total=2
    )
    page = stranger.get("/search?q=near:Suva&sort=distance").text
    assert '<option value="distance" selected>Nearest first</option>' in page
    assert page.count("km away") == 1
    assert "12.5 km away" in page
    assert fakes.search.called("search")[0][1].sort == "distance"
    assert "Nearest first" not in stranger.get("/search?q=begin").text


def test_a_distance_without_a_place_is_not_written(stranger: FlaskClient) -> None:
    answer = stranger.get("/search?q=walk+near:Suva+within:10km&filters=1&near=&within=10km")
    assert parse_qs(urlsplit(answer.location).query) == {"q": ["walk"]}


def test_other_places_of_a_name_are_one_click_away(fakes: FakeServices, stranger: FlaskClient) -> None:
    places = [
        FoundPlace(
            id=str(n), name="Lisbon", country=country, region=region, latitude=n, longitude=2, timezone="UTC"
        )
        for n, (country, region) in enumerate([("PT", ""), ("US", "Maine"), ("PT", "")])
    ]
    fakes.search.answers["search"] = SearchResult(
        items=[], total=0, hints=[SearchHint(code="place-others", text="Lisbon", places=places)]
    )
    page = stranger.get("/search?q=walk+near:Lisbon").text
    assert "The results are near <bdi>Lisbon, Portugal</bdi>" in page
    assert 'href="/search?q=walk+near%3A%22Lisbon%2C+Maine%22"' in page
    assert "<bdi>Lisbon, Maine, United States</bdi>" in page
    assert 'href="/search?q=walk+near%3A2.0%2C2.0"' in page


def test_words_are_looked_for_in_a_part(stranger: FlaskClient) -> None:
    answer = stranger.get("/search?q=walk+in:text&filters=1&in=title")
    assert parse_qs(urlsplit(answer.location).query) == {"q": ["walk in:title"]}
    anywhere = stranger.get("/search?q=walk+in:text&filters=1&in=")
    assert parse_qs(urlsplit(anywhere.location).query) == {"q": ["walk"]}
    assert '<option value="title" selected>Title</option>' in stranger.get("/search?q=walk+in:title").text


def test_a_category_that_was_merged_leads_to_the_other(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.search.answers["search"] = SearchResult(items=[], total=0)
    fakes.forum.answers["category_now"] = NotFound()
    fakes.blog.answers["category_now"] = "stories"
    answer = stranger.get("/search?q=walk+category:tales+lang:de&sort=newest")
    assert answer.status_code == 301
    query = parse_qs(urlsplit(answer.location).query)
    assert query == {"q": ["walk lang:de category:stories"], "sort": ["newest"]}
    fakes.blog.answers["category_now"] = NotFound()
    assert stranger.get("/search?q=walk+category:tales").status_code == 200
    fakes.blog.answers["category_now"] = Unavailable("unavailable")
    assert stranger.get("/search?q=walk+category:tales").status_code == 200


def test_the_text_reaches_the_index_and_its_filters_are_chosen(
    fakes: FakeServices, stranger: FlaskClient
) -> None:
    text = "begin kind:topic lang:de tag:birds author:Boris after:2026 before:2027-02 has:picture"
    page = stranger.get(f"/search?q={quote(text)}&sort=newest").text
    (_, query) = fakes.search.called("search")[0]
    assert (query.q, query.sort, query.once, query.after) == (text, "newest", True, None)
    for field in (
        'name="kind" value="topic" checked',
        'name="language" value="de" checked',
        'name="tag" value="birds" checked',
        'name="has" value="picture" checked',
        'name="author" value="Boris"',
        'name="from" value="2026-01-01"',
        'name="until" value="2027-02-01"',
        '<option value="newest" selected>',
    ):
        assert field in page, "also where nothing is found in it"
    assert f'href="/search?q=begin&amp;sort=newest">{"Remove filters"}' in page


def test_facets_have_names_and_years_have_links(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.search.answers["search"] = SearchResult(
        items=[hit()], total=1, categories=[Facet(value="community", count=1), Facet(value="odd", count=2)],
        groups=[Facet(value="walkers", count=1, label="نادي المشي", label_language="ar")],
        years=[Facet(value="2026", count=1)],
    )  # fmt: skip
    fakes.blog.answers["categories"] = [
        CategoryView(slug="community", name="Gemeinschaft", about="", language="de")
    ]
    fakes.forum.answers["categories"] = Unavailable()
    page = stranger.get("/search?q=begin").text
    assert '<span lang="de" dir="ltr">Gemeinschaft</span>' in page
    assert '<span dir="auto">odd</span>' in page
    assert '<span lang="ar" dir="rtl">نادي المشي</span>' in page
    assert 'href="/search?q=begin+after%3A2026+before%3A2027"' in page


def test_hints_and_what_was_meant(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.search.answers["search"] = SearchResult(
        items=[hit()], total=1, relaxed=True, did_you_mean="begin <here>",
        hints=[SearchHint(code="author-unknown", text="<nobody>"), SearchHint(code="quote-open")],
    )  # fmt: skip
    page = stranger.get("/search?q=beign").text
    assert "Nobody here is called “&lt;nobody&gt;”" in page
    assert "A quotation mark is not closed" in page
    assert 'href="/search?q=begin+%3Chere%3E" dir="auto"><bdi>begin &lt;here&gt;</bdi>' in page
    assert "These results come closest" in page


def test_a_long_query_is_cut_with_a_hint(fakes: FakeServices, stranger: FlaskClient) -> None:
    page = stranger.get(f"/search?q={'begin ' * 60}")
    assert page.status_code == 200
    assert "Only the first 300 characters are used." in page.text
    (_, query) = fakes.search.called("search")[0]
    assert len(query.q) == 300


@pytest.mark.parametrize(
    "code",
    [
        "filter-value",
        "filter-empty",
        "or-edge",
        "clauses-many",
        "group-unknown",
        "place-unknown",
        "within-alone",
    ],
)
def test_every_hint_has_a_sentence(fakes: FakeServices, stranger: FlaskClient, code: str) -> None:
    fakes.search.answers["search"] = SearchResult(items=[], total=0, hints=[SearchHint(code=code, text="24")])
    assert "⧼" not in stranger.get("/search?q=begin").text


def test_no_hit_says_what_to_do(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.search.answers["search"] = SearchResult(items=[], total=0)
    assert "Nothing found." in stranger.get("/search?q=zzz").text


def test_suggestions(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.search.answers["suggest"] = [
        Suggestion(kind="topic", title="Where to begin", path="/talk/t/x/y", language="en")
    ]
    assert json.loads(stranger.get("/search/suggest?q=Whe").text)[0]["title"] == "Where to begin"
    assert json.loads(stranger.get("/search/suggest?q=").text) == []


def test_similar_topics_for_a_title(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.search.answers["search"] = SearchResult(items=[hit(language="ar", title="جولة")], total=1)
    title = quote('Where TO-begin? "tag:x OR')
    found = json.loads(stranger.get(f"/search/similar?q={title}").text)
    assert found == [{"title": "جولة", "path": f"/talk/t/{TOPIC}/where-to-begin", "lang": "ar", "dir": "rtl"}]
    (_, query) = fakes.search.called("search")[0]
    assert (query.q, query.kinds) == ("where to begin tag x or", ["topic"]), "words alone, no syntax"
    assert json.loads(stranger.get("/search/similar?q=a").text) == []
    assert len(fakes.search.called("search")) == 1


def test_browsers_can_search_from_their_own_field(stranger: FlaskClient) -> None:
    assert (
        'rel="search" type="application/opensearchdescription+xml" href="/opensearch.xml"'
        in stranger.get("/about").text
    )
    answer = stranger.get("/opensearch.xml")
    assert answer.mimetype == "application/opensearchdescription+xml"
    urls = {
        url.get("type"): str(url.get("template"))
        for url in ElementTree.fromstring(answer.text).iter(f"{OPENSEARCH}Url")
    }
    assert urls["text/html"].endswith("/search?q={searchTerms}")
    assert set(urls) == {"text/html", "application/x-suggestions+json", "application/atom+xml"}


# --- Tags


def test_all_tags(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.search.answers["tags"] = [TagLine(tag="طيور", items=3)]
    page = stranger.get("/tags").text
    assert "طيور" in page
    assert "3 items" in page


def test_a_tag_with_all_that_has_it(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.blog.answers["articles"] = Page(items=[line()])
    fakes.forum.answers["topics"] = Page(items=[topic_line()])
    fakes.events.answers["events"] = Page(items=[event_line()])
    page = stranger.get("/tags/birds").text
    for text in ("Birds of the valley", "Where to begin", "Bird walk", "/feeds/tags/birds.atom"):
        assert text in page
    for service, method in ((fakes.blog, "articles"), (fakes.forum, "topics"), (fakes.events, "events")):
        assert service.called(method)[0][1].tag == "birds"


def test_a_tag_has_one_address(stranger: FlaskClient) -> None:
    assert stranger.get("/tags/West%20Africa").location == "/tags/west-africa"
    assert stranger.get("/tags/!!!").status_code == 404


# --- Notifications


def notification(**changes: object) -> NotificationView:
    values = {
        "id": "0000000000000010", "what": "forum.post.created", "reasons": ["reply"], "actor_id": BORIS,
        "title": "Where to begin", "language": "en", "excerpt": "At the end.", "read": False,
        "subject": f"topic/{TOPIC}",
        "path": f"/talk/t/{TOPIC}/where-to-begin#p{POST}", "at": clock.now(),
    }  # fmt: skip
    return NotificationView.model_validate({**values, **changes})


def test_strangers_have_no_notifications(stranger: FlaskClient) -> None:
    assert stranger.get("/notifications").status_code == 401
    assert stranger.get("/notifications/follows").status_code == 401


def test_a_notification_says_why_it_came_on_the_page_and_in_the_api(
    fakes: FakeServices, member: FlaskClient
) -> None:
    tag, person, gone = (
        {"kind": "tag", "id": "poland"}, {"kind": "person", "id": BORIS}, {"kind": "group", "id": "gone"}
    )  # fmt: skip
    fakes.people.answers["groups_by_id"] = []
    fakes.notify.answers["notifications"] = Page(
        items=[
            notification(reasons=["follow", "mention"], followed=[tag, person]),
            notification(reasons=["follow"], followed=[gone]),
            notification(reasons=["follow"], followed=[{"kind": "topic", "id": TOPIC}]),
            notification(reasons=["follow"]),
        ]
    )
    page = member.get("/notifications").text
    assert 'You follow <a href="/tags/poland"><bdi>poland</bdi></a>, <a' in page
    assert "You were mentioned" in page
    assert "You follow this topic" in page
    items = json.loads(member.get("/api/v1/notifications").text)["items"]
    assert [one["because"] for one in items] == [
        ["You were mentioned", "You follow poland, Boris"],
        ["You follow something this belongs to"],
        ["You follow this topic"],
        ["You follow something this belongs to"],
    ]
    assert items[0]["followed"] == [tag, person]


def test_the_bell_counts_what_the_page_shows(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.notify.answers.update(notifications=Page(items=[]), unread=1)
    page = member.get("/notifications").text
    assert "No notifications yet." in page
    assert 'data-unread="0" hidden' in page
    fakes.notify.answers["notifications"] = Page(items=[notification()], next="more")
    assert 'data-unread="1"' in member.get("/notifications").text


def test_notifications_by_day_in_words(fakes: FakeServices, member: FlaskClient) -> None:
    old = notification(
        id="0000000000000011", read=True, reasons=["follow"], at=clock.now() - timedelta(days=1)
    )
    fakes.notify.answers["notifications"] = Page(items=[notification(), old])
    page = member.get("/notifications").text
    assert "replied to your topic" in page
    assert "replied in" in page
    assert page.index("Today") < page.index("Yesterday")
    assert f'href="/talk/p/{POST}"' in page, "the address that finds the post's page"


WORDS = {
    ("forum.post.created", "mention"): "mentioned you in",
    ("forum.post.created", "quote"): "quoted you in",
    ("forum.topic.created", "follow"): "started the topic",
    ("blog.article.published", "follow"): "published ",
    ("blog.article.published", "review"): "published your article",
    ("blog.article.returned", "review"): "back with a comment",
    ("blog.article.declined", "review"): "declined",
    ("events.event.changed", "attendance"): "has a new time or place",
    ("events.event.cancelled", "attendance"): "has been cancelled",
    ("events.seat.given", "attendance"): "You have a seat at",
    ("people.membership.requested", "membership"): "has asked to join",
    ("people.membership.granted", "membership"): "let you into",
    ("something.of.tomorrow", "follow"): "There’s news about",
}
"""What is said of a notification of this type and with this reason."""


@pytest.mark.parametrize(("what", "reason"), WORDS)
def test_each_kind_has_its_words(what: str, reason: str, fakes: FakeServices, member: FlaskClient) -> None:
    fakes.notify.answers["notifications"] = Page(items=[notification(what=what, reasons=[reason])])
    assert WORDS[what, reason] in member.get("/notifications").text


def test_a_path_to_elsewhere_is_not_followed(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.notify.answers["notifications"] = Page(items=[notification(path="//elsewhere.example/")])
    assert "elsewhere.example" not in member.get("/notifications").text


def test_marking_one_and_all_as_read(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.notify.answers["mark_read"] = 0
    member.post("/notifications/read", data={"id": "0000000000000010", "csrf_token": token(member)})
    member.post("/notifications/read", data={"csrf_token": token(member)})
    assert [call[1] for call in fakes.notify.called("mark_read")] == [["0000000000000010"], None]


def test_following_and_following_no_more(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.notify.answers.update(
        follow=FollowView(kind="tag", id="birds", level="normal", since=MOMENT), unfollow=None
    )
    form = {"kind": "tag", "id": "birds", "next": "/tags/birds", "csrf_token": token(member)}
    answer = member.post("/follow", data={**form, "level": "normal"})
    assert (answer.status_code, answer.location) == (303, "/tags/birds")
    member.post("/follow", data={**form, "level": "none"})
    assert fakes.notify.called("follow")[0][1:] == ("tag", "birds", "normal", None)
    assert fakes.notify.called("unfollow")[0][1:] == ("tag", "birds")


def test_following_leads_nowhere_else(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.notify.answers["follow"] = FollowView(kind="tag", id="birds", level="normal", since=MOMENT)
    form = {
        "kind": "tag",
        "id": "birds",
        "level": "normal",
        "next": "//elsewhere.example",
        "csrf_token": token(member),
    }
    assert member.post("/follow", data=form).location == "/notifications/follows"


def test_one_thing_can_come_by_mail_at_another_time(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    one = FollowView(kind="tag", id="birds", level="watching", mail="weekly", since=MOMENT)
    fakes.notify.answers |= {"follow": one, "follows": Page(items=[one])}
    page = member.get("/notifications/follows").text
    assert '<option value="weekly" selected>Once a week</option>' in page
    form = {"kind": "tag", "id": "birds", "level": "watching", "mail": "once", "csrf_token": token(member)}
    assert member.post("/follow", data=form).status_code == 303
    assert member.post("/follow", data={**form, "mail": "never"}).status_code == 422
    assert [call[1:] for call in fakes.notify.called("follow")] == [("tag", "birds", "watching", "once")]


@pytest.mark.parametrize(
    "form", [{"kind": "planet", "level": "normal"}, {"kind": "tag", "level": "loud"}, {"kind": "tag"}]
)
def test_what_can_not_be_followed_is_refused(form: dict[str, str], member: FlaskClient, token: Token) -> None:
    assert member.post("/follow", data={"id": "x", **form, "csrf_token": token(member)}).status_code == 422


def test_what_notify_refuses_is_told(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.notify.answers["follow"] = invalid("id", "follow-id-shape")
    form = {"kind": "topic", "id": "x", "level": "normal", "csrf_token": token(member)}
    assert member.post("/follow", data=form).status_code == 422


def test_the_follow_button_of_a_page(fakes: FakeServices, member: FlaskClient, stranger: FlaskClient) -> None:
    fakes.people.answers["tag_now"] = None
    assert 'action="/follow"' in member.get("/tags/birds").text
    assert "/sign-in?next=/tags/birds" in stranger.get("/tags/birds").text
    fakes.notify.answers["follow_state"] = FollowView(kind="tag", id="birds", level="normal", since=MOMENT)
    assert 'name="level" value="none"' in member.get("/tags/birds").text


def test_what_one_follows_by_kind(fakes: FakeServices, member: FlaskClient) -> None:
    kinds = [
        ("topic", TOPIC), ("tag", "birds"), ("category", "talk/help"), ("person", BORIS), ("group", GROUP),
        ("event", EVENT),
        ("article", "000000000000000a"),
    ]  # fmt: skip
    follows = [
        FollowView.model_validate({"kind": k, "id": i, "level": "normal", "since": MOMENT}) for k, i in kinds
    ]
    fakes.notify.answers["follows"] = Page(items=follows)
    fakes.forum.answers["topic"] = topic()
    fakes.events.answers["event"] = event()
    fakes.blog.answers["article"] = NotFound()
    fakes.people.answers["groups_by_id"] = []
    page = member.get("/notifications/follows").text
    for text in ("Where to begin", "/tags/birds", "/talk/c/help", "/people/Boris", "Bird walk"):
        assert text in page
    assert page.count("Something you can no longer see") == 2, "the article and the group"


def test_followed_categories_have_their_names(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.notify.answers["follows"] = Page(
        items=[
            FollowView(kind="category", id=id, level="watching", since=MOMENT)
            for id in ("news/how-to", "talk/gone")
        ]
    )
    fakes.blog.answers["categories"] = [
        CategoryView(slug="how-to", name="איך עושים", about="", language="he")
    ]
    page = member.get("/notifications/follows").text
    assert '<a href="/news?category=how-to" lang="he" dir="rtl">איך עושים</a>' in page
    assert ">gone</a>" in page
    fakes.blog.answers["categories"] = Unavailable("unavailable")
    assert ">how-to</a>" in member.get("/notifications/follows").text


# --- About


def test_about_needs_no_service(fakes: FakeServices, stranger: FlaskClient) -> None:
    page = stranger.get("/about")
    assert page.status_code == 200
    assert "About Space" in page.text
    assert AMINA not in page.text


def test_a_hit_says_what_it_is_and_a_filter_what_there_are(stranger: FlaskClient) -> None:
    page = stranger.get("/search?q=begin").text
    assert "</svg>Topic</p>" in page
    assert ">Topics</span>" in page


def test_a_search_has_its_feed(stranger: FlaskClient) -> None:
    page = stranger.get("/search?q=begin+lang:de").text
    assert 'href="/feeds/search.atom?q=begin+lang%3Ade"' in page
    assert "/feeds/search" not in stranger.get("/search").text
