"""The link at the end of a mail ends what it says, for whose mail it was and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from contracts.errors import Invalid, NotFound
from contracts.mail import MailStop, SetMailSettings
from contracts.people import PersonState, PersonVanished
from core import clock
from core.database import Database
from core.settings import Settings
from services.notify import mail_queries, queries
from services.notify.actions import mail_queue, mail_stops
from services.notify.mail_links import LinkContent, MailLinks
from services.notify.tables import MailChoice, SavedSearch
from tests.unit.notify.harness import NotifyHarness
from tests.unit.notify.mailbox import Mailbox

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def box(harness: NotifyHarness, tmp_path: Path) -> Iterator[Mailbox]:
    with clock.at(NOON):
        harness.people("sam", "noa")
        yield Mailbox(harness, tmp_path)


def links_of(box: Mailbox) -> MailLinks:
    return MailLinks.of(box.settings)


def token_of(mail: EmailMessage) -> str:
    address = str(mail["List-Unsubscribe"]).strip("<>")
    assert address.startswith("https://space.example/mail/")
    return address.rpartition("/")[2]


def stop(box: Mailbox, token: str, what: MailStop | None = None) -> None:
    with box.harness.database.writing() as session:
        mail_stops.stop_mail(session, links_of(box), token, what)


def reply_mail(box: Mailbox) -> EmailMessage:
    topic = box.harness.open_topic("sam")
    box.note(topic, box.harness.reply(topic, "noa", "Yes."))
    with clock.at(NOON + timedelta(minutes=6)):
        (mail,) = box.sent()
    return mail


def followed_mail(box: Mailbox) -> EmailMessage:
    command = SetMailSettings(by_reason={"follow": "once"}, hour=8, timezone="UTC")
    with box.harness.database.writing() as session:
        mail_queue.set_mail_settings(session, box.harness.viewer("sam"), command)
    box.harness.follow("sam", "tag", "buses")
    box.note(box.harness.open_topic("noa", tags=["buses"]))
    with clock.at(NOON + timedelta(minutes=6)):
        (mail,) = box.sent()
    return mail


def when(box: Mailbox, reason: str, name: str = "sam") -> str:
    with box.harness.database.reading() as session:
        settings = mail_queries.mail_settings(session, box.harness.viewer(name))
    return settings.by_reason[reason] if settings.on else "off"  # type: ignore[index]


def level(box: Mailbox, kind: str, id: str) -> str | None:
    with box.harness.database.reading() as session:
        found = queries.follow_state(session, box.harness.viewer("sam"), kind, id)  # type: ignore[arg-type]
    return found.level if found else None


def test_one_press_ends_exactly_why_it_came(box: Mailbox) -> None:
    token = token_of(reply_mail(box))
    stop(box, token)
    assert (when(box, "reply"), when(box, "mention")) == ("page", "once")
    assert when(box, "reply", "noa") == "once"


def test_one_press_in_a_mail_of_a_tag_ends_to_follow_it(box: Mailbox) -> None:
    token = token_of(followed_mail(box))
    assert mail_stops.shown(links_of(box), token).stops == ["target", "reason", "subject", "all"]
    assert mail_stops.shown(links_of(box), token).followed == "tag"
    stop(box, token)
    assert level(box, "tag", "buses") is None
    assert when(box, "follow") == "once"
    assert box.harness.follows_changed()[-1] == "sam"


def test_the_link_of_a_search_ends_to_follow_it_and_forgets_its_text(
    box: Mailbox, database: Database
) -> None:
    harness = box.harness
    harness.follow("sam", "search", "night buses")
    with database.reading() as session:
        (id,) = session.scalars(select(SavedSearch.id))
    token = links_of(box).token(LinkContent(harness.ids["sam"], "search", "topic/x", "search", id))
    assert mail_stops.shown(links_of(box), token).stops[0] == "target"
    stop(box, token)
    assert level(box, "search", "night buses") is None
    with database.reading() as session:
        assert session.scalars(select(SavedSearch.id)).all() == []


def test_one_can_mute_the_topic_or_end_all(box: Mailbox) -> None:
    mail = reply_mail(box)
    token, topic = token_of(mail), str(mail["References"]).removeprefix("<topic.").partition("@")[0]
    stop(box, token, "subject")
    assert level(box, "topic", topic) == "muted"
    stop(box, token, "all")
    assert when(box, "mention") == "off"


def test_a_daily_mail_ends_what_comes_daily(box: Mailbox) -> None:
    box.harness.follow("sam", "tag", "buses")
    box.note(box.harness.open_topic("noa", tags=["buses"]))
    with clock.at(NOON + timedelta(days=1)):
        (mail,) = box.sent()
    assert mail_stops.shown(links_of(box), token_of(mail)).stops == ["daily", "all"]
    stop(box, token_of(mail))
    assert (when(box, "follow"), when(box, "reply")) == ("page", "once")


def test_what_a_link_does_not_offer_is_refused(box: Mailbox) -> None:
    with pytest.raises(Invalid):
        stop(box, token_of(reply_mail(box)), "target")
    assert when(box, "reply") == "once"


def test_a_link_can_be_neither_made_nor_changed(box: Mailbox, tmp_path: Path) -> None:
    token = token_of(reply_mail(box))
    other = Settings.from_environment({"SPACE_HOME": str(tmp_path / "other")})
    content = LinkContent(box.harness.ids["sam"], "reply")
    forged = [MailLinks.of(other).token(content), token[:-2], token[:-2] + "AA", "", "é", "A" * 5000, "a.b"]
    for each in (*forged, token.swapcase()):
        with pytest.raises(NotFound, match="mail-link-unknown"):
            stop(box, each)
    assert when(box, "reply") == "once"


def test_a_link_names_nobody(box: Mailbox) -> None:
    links = links_of(box)
    content = LinkContent(box.harness.ids["sam"], "reply", "topic/x")
    assert box.harness.ids["sam"] not in links.token(content)
    assert links.open(links.token(content)) == content


def test_links_hold_while_the_secret_is_changed(tmp_path: Path) -> None:
    home = {"SPACE_HOME": str(tmp_path)}
    content = LinkContent("0" * 16, "mention")
    token = MailLinks.of(Settings.from_environment(home | {"SPACE_SECRET_KEY": "before" * 9})).token(content)
    now = home | {"SPACE_SECRET_KEY": "now" * 20, "SPACE_SECRET_KEY_ACCEPTED": "before" * 9}
    assert MailLinks.of(Settings.from_environment(now)).open(token) == content


def test_nothing_is_stored_of_who_has_vanished(box: Mailbox, database: Database) -> None:
    token = token_of(reply_mail(box))
    id = box.harness.ids["sam"]
    state = PersonState(id=id, name="Vanished 1", display_name="Vanished 1", joined_at=NOON, vanished=True)
    box.harness.handle(PersonVanished(person=state))
    for what in ("reason", "subject", "all"):
        stop(box, token, what)
    assert level(box, "topic", "0" * 16) is None
    with database.reading() as session:
        assert session.get(MailChoice, id) is None
        assert queries.follows(session, box.harness.viewer("sam"), None, 10).items == []
