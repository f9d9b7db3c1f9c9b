"""A post is reported, hidden, appealed about and brought back, in browsers and on both ways to run."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page

from tests.story.browser import PHONE, Visitor, visiting
from tests.story.harness import RunningSpace
from tests.story.person import Person, eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


class Desk:
    """The browsers of a reporter without scripts, of the writer, and of two moderators."""

    def __init__(self, browser: Browser, space: RunningSpace, open_browsers: ExitStack) -> None:
        def visitor(scripts: bool = True) -> Visitor:
            return open_browsers.enter_context(visiting(browser, space, PHONE, scripts=scripts))

        self.reporter, self.writer = visitor(scripts=False), visitor()
        self.moderator, self.other = visitor(), visitor()


@pytest.fixture
def desk(browser: Browser, space: RunningSpace) -> Iterator[Desk]:
    with ExitStack() as open_browsers:
        yield Desk(browser, space, open_browsers)


def test_a_report_ends_with_an_appeal(desk: Desk, space: RunningSpace) -> None:
    word = f"zq{uuid.uuid4().hex[:10]}"
    writer, starter = Person.newcomer(space, "Writer"), Person.newcomer(space, "Starter")
    body = {"language": "en", "title": f"About {word}", "body": "What do you think?", "category": "general"}
    topic = starter.post("topics", body)
    post = writer.post(f"topics/{topic['id']}/posts", {"body": f"You {word}!"})
    desk.writer.sign_in(str(writer.name))

    # A stranger, whose browser runs no scripts, reports the post.
    page = desk.reporter.go(f"/talk/t/{topic['id']}/{topic['slug']}")
    desk.reporter.press(f'#p{post["id"]} a[href^="/report"]')
    page.check("#f-reason-harassment")
    page.fill("#f-words", "Nobody talks like this here.")
    desk.reporter.press("main form button")
    assert "/talk/t/" in page.url

    # A moderator takes it on, hides it and warns.
    desk.moderator.sign_in("moderator")
    case = _case(desk.moderator, f"About {word}")
    assert desk.moderator.complaints() == []
    desk.moderator.press("form[action$='/claim'] button")
    desk.moderator.page.check("#f-measures-hide")
    desk.moderator.page.check("#f-person_measure-warning")
    desk.moderator.page.select_option("#f-reason", "harassment")
    desk.moderator.page.fill("#f-words", "Please be kind.")
    assert desk.moderator.complaints() == []
    desk.moderator.press("form[action$='/decide'] button")
    eventually(lambda: writer.get(f"posts/{post['id']}")["deleted"])

    # The writer is notified, reads why, and appeals.
    eventually(
        lambda: "people.decision.made" in [one["what"] for one in writer.get("notifications")["items"]]
    )
    page = desk.writer.go("/notifications")
    desk.writer.press('main a[href^="/decisions/"]')
    assert "Please be kind." in page.inner_text("main")
    assert "moderator" not in page.inner_text("main").replace("Moderators", "").replace("moderators", "")
    assert desk.writer.complaints() == []
    page.fill("#f-words", "It was a quotation.")
    desk.writer.press("form[action$='/appeal'] button")

    # Who decided doesn't see the appeal; somebody else overturns the decision.
    assert f"About {word}" not in desk.moderator.go("/moderation").inner_text("main")
    desk.other.sign_in("admin")
    assert _case(desk.other, f"About {word}") != case
    desk.other.press("form[action$='/claim'] button")
    desk.other.page.check("#f-outcome-overturn")
    desk.other.page.fill("#f-words", "It was one.")
    desk.other.press("form[action$='/answer'] button")
    eventually(lambda: not writer.get(f"posts/{post['id']}")["deleted"])
    page = desk.reporter.go("/transparency")
    assert "Overturned on appeal" in page.inner_text("main")
    assert word not in page.inner_text("main")
    assert desk.writer.go("/conduct").inner_text("h1") == "Code of conduct"
    assert desk.writer.complaints() == []


def _case(visitor: Visitor, title: str) -> str:
    """Open the case of this title in the queue; returns its address."""
    page: Page = visitor.go("/moderation")
    visitor.press(f"section.case a:has-text('{title}')")
    return page.url
