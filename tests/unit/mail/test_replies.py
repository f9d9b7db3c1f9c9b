"""A reply by mail becomes a post, once; what can't be posted is held, and its author is told why."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from bus.eventlog.schema import outbox_task
from bus.retry.queue import OUTBOX_TASKS
from contracts.errors import Forbidden, NotFound, SpaceError, TooMany, Unavailable, invalid
from core import clock
from core.database import Database
from services.mail import queries, rules
from services.mail.actions import holding
from services.mail.actions.receiving import NoSuchAddress, NotNow, take
from services.mail.tables import HeldReply, IncomingMail, MailCount
from services.mail.tasks import HandleMail
from tests.unit.mail.office import SAM, Office, link_of, mail, rows, text_of

pytestmark = pytest.mark.slow


def test_a_reply_becomes_a_post_of_who_sent_it(office: Office, database: Database) -> None:
    office.receive(mail("Yes, at nine."))
    assert office.handle() == []
    assert list(office.posts.values()) == ["Yes, at nine."]
    assert [viewer.person_id for viewer in office.viewers] == [office.person_id]
    assert rows(database, IncomingMail) == rows(database, HeldReply) == [], "nothing of it is kept"
    assert office.notices() == []


def test_a_mail_that_is_handed_over_twice_is_handled_once(office: Office) -> None:
    office.receive(mail())
    office.receive(mail())
    office.handle()
    office.receive(mail())
    office.handle()
    assert len(office.posts) == len(office.viewers) == 1
    office.receive(mail("Another one.", id="<2@x.example>"))
    office.handle()
    assert len(office.posts) == 2


def test_mails_without_an_id_are_known_by_what_they_say(office: Office) -> None:
    for body in ("One.", "One.", "Two."):
        office.receive(mail(body, id=""))
    office.handle()
    assert sorted(office.posts.values()) == ["One.", "Two."]


def test_the_case_of_an_address_does_not_matter(office: Office) -> None:
    office.receive(mail(), office.reply_to.upper())
    office.handle()
    office.receive(mail(), office.reply_to)
    office.handle()
    assert len(office.viewers) == 1


@pytest.mark.parametrize(
    "address", ["reply+abc@reply.space.example", "sam@reply.space.example", "x", "", "@"]
)
def test_no_other_address_takes_mail(office: Office, database: Database, address: str) -> None:
    with pytest.raises(NoSuchAddress):
        office.receive(mail(), address or "nobody")
    assert rows(database, IncomingMail) == []


def test_a_mail_is_taken_for_all_its_recipients_or_for_none(office: Office, database: Database) -> None:
    with pytest.raises(NoSuchAddress):
        take(database, office.addresses, mail(), SAM, [office.reply_to, "nobody@reply.space.example"])
    assert rows(database, IncomingMail) == []


def test_an_outage_posts_nothing_and_loses_nothing(office: Office) -> None:
    office.receive(mail())
    office.refusing = Unavailable("no-answer")
    with clock.at(clock.now()):
        assert office.handle() == ["no-answer"]
    office.refusing = None
    with clock.at(clock.now() + timedelta(minutes=10)):
        assert office.handle() == []
    assert list(office.posts.values()) == ["Yes, at nine."]


REFUSALS = [
    (Forbidden("topic-closed"), "This topic is closed"),
    (TooMany("too-many-posts", params={"seconds": 60}), "Wait 60 seconds"),
    (NotFound(), "nothing at this address"),
    (invalid("body", "text-blocked"), ""),
]


@pytest.mark.parametrize(("error", "said"), REFUSALS, ids=lambda each: getattr(each, "code", ""))
def test_what_the_forum_refuses_comes_back_with_the_reason(
    office: Office, database: Database, error: SpaceError, said: str
) -> None:
    office.refusing = error
    office.receive(mail("It stays <b>mine</b>."))
    office.handle()
    (notice,) = office.notices()
    assert office.notices() == []
    assert notice["To"] == SAM
    assert notice["Subject"] == "Your reply was not posted: Space"
    assert said in text_of(notice)
    assert "> It stays <b>mine</b>." in text_of(notice)
    assert "It stays &lt;b&gt;mine&lt;/b&gt;." in text_of(notice, "html")
    assert (notice["Auto-Submitted"], notice["In-Reply-To"]) == ("auto-replied", "<1@x.example>")
    # The remedy: one press, once the reason is gone.
    office.refusing = None
    token = link_of(notice)
    for _ in range(2):
        posted = holding.post_held_reply(database, office.sources, office.links, token)
    assert (posted.post_id, posted.body) == ("0" * 15 + "p", "")
    assert list(office.posts.values()) == ["It stays <b>mine</b>."]
    assert len(office.viewers) == 1


def test_what_is_refused_again_stays_held(office: Office, database: Database) -> None:
    office.refusing = Forbidden("topic-closed")
    office.receive(mail())
    office.handle()
    (notice,) = office.notices()
    with pytest.raises(Forbidden):
        holding.post_held_reply(database, office.sources, office.links, link_of(notice))
    (held,) = rows(database, HeldReply)
    assert (held.body, held.post_id) == ("Yes, at nine.", "")


def test_a_mail_from_another_address_is_held_for_whose_address_it_came_to(office: Office) -> None:
    office.receive(mail(sender="eve@evil.example"), sender="eve@evil.example")
    office.handle()
    (notice,) = office.notices()
    assert notice["To"] == SAM, "whoever sent it is told nothing"
    assert "another address" in text_of(notice)
    assert office.posts == {}


def test_a_review_waits_in_the_forum(office: Office, database: Database) -> None:
    office.review = True
    office.receive(mail())
    office.handle()
    assert office.waiting == ["Yes, at nine."]
    (notice,) = office.notices()
    assert notice["Subject"] == "Your reply waits for a moderator: Space"
    assert "/mail/held/" not in text_of(notice)
    (held,) = rows(database, HeldReply)
    assert (held.waits, held.body) == (True, "")


def test_who_is_suspended_is_told_so_and_can_post_nothing(office: Office) -> None:
    office.suspended = True
    office.receive(mail())
    office.handle()
    (notice,) = office.notices()
    assert "suspended" in text_of(notice)
    assert "/mail/held/" not in text_of(notice)
    assert office.posts == {}


def test_the_link_of_a_suspended_person_posts_nothing(office: Office, database: Database) -> None:
    office.refusing = Forbidden("topic-closed")
    office.receive(mail())
    office.handle()
    (notice,) = office.notices()
    office.refusing, office.suspended = None, True
    with pytest.raises(Forbidden, match="suspended"):
        holding.post_held_reply(database, office.sources, office.links, link_of(notice))
    office.emails.clear()
    with pytest.raises(NotFound):
        holding.post_held_reply(database, office.sources, office.links, link_of(notice))
    assert office.posts == {}


def test_to_who_has_left_nothing_is_said(office: Office, database: Database) -> None:
    office.emails.clear()
    office.receive(mail())
    office.handle()
    assert office.notices() == []
    assert rows(database, IncomingMail) == rows(database, HeldReply) == []


@pytest.mark.parametrize("header", ["auto-replied", "auto-generated"])
def test_what_no_person_wrote_is_swallowed(office: Office, database: Database, header: str) -> None:
    office.receive(mail("I am on holiday.", Auto_Submitted=header))
    office.handle()
    assert office.posts == {}
    assert office.notices() == []
    assert rows(database, HeldReply) == []


def test_what_nobody_wants_back_is_swallowed(office: Office, database: Database) -> None:
    office.receive(mail("I am on holiday."), sender="")
    office.handle()
    assert office.posts == {}
    assert rows(database, HeldReply) == []


def test_nothing_is_said_to_a_list(office: Office, database: Database) -> None:
    office.refusing = Forbidden("topic-closed")
    office.receive(mail(List_Id="<talk.x.example>"))
    office.handle()
    assert office.notices() == []
    assert len(rows(database, HeldReply)) == 1, "it is held all the same"


def test_secrets_in_a_quote_are_not_posted(office: Office) -> None:
    secret = f"https://space.example/mail/abc {office.reply_to}"
    office.receive(mail(f"> Get fewer mails:\n> {secret}\n\nWhat is this link for?"))
    office.handle()
    (post,) = office.posts.values()
    assert "What is this link for?" in post
    assert "/mail/abc" not in post
    assert "reply+" not in post


def test_what_was_attached_is_not_posted_and_its_author_is_told(office: Office) -> None:
    raw = mail().replace(
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nYes, at nine.\r\n",
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nYes, at nine.\r\n'
        b"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=map.pdf\r\n\r\n"
        b"x\r\n--b--\r\n",
    )
    office.receive(raw)
    office.handle()
    assert list(office.posts.values()) == ["Yes, at nine."]
    (notice,) = office.notices()
    assert notice["Subject"] == "Your reply was posted without its attachments: Space"


def test_a_mail_that_can_not_be_read_comes_back(office: Office) -> None:
    encrypted = b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"'
    office.receive(mail().replace(b"Content-Type: text/plain; charset=utf-8", encrypted))
    office.handle()
    (notice,) = office.notices()
    assert "encrypted" in text_of(notice)
    assert "/mail/held/" not in text_of(notice)


def test_an_empty_reply_comes_back(office: Office) -> None:
    office.receive(mail("> You wrote this."))
    office.handle()
    (notice,) = office.notices()
    assert "nothing new" in text_of(notice)
    assert "/mail/held/" not in text_of(notice)


def test_a_text_that_is_too_long_is_held_in_part(office: Office) -> None:
    office.receive(mail("word " * 12_000))
    office.handle()
    (notice,) = office.notices()
    assert office.posts == {}
    assert text_of(notice).count("word") > 9_000


def test_the_notice_is_in_the_persons_language(office: Office) -> None:
    office.language, office.refusing = "de", Forbidden("topic-closed")
    office.receive(mail())
    office.handle()
    (notice,) = office.notices()
    assert "Dieses Thema ist geschlossen" in text_of(notice)
    assert notice["Content-Language"] == "de"


def test_nobody_gets_more_than_so_many_notices_a_day(office: Office, database: Database) -> None:
    office.refusing = Forbidden("topic-closed")
    for number in range(rules.NOTICES_A_DAY + 5):
        office.receive(mail(id=f"<{number}@x.example>"))
    office.handle()
    assert len(office.notices()) == rules.NOTICES_A_DAY
    assert len(rows(database, HeldReply)) == rules.NOTICES_A_DAY + 5
    with clock.at(clock.now() + timedelta(hours=25)):
        office.receive(mail(id="<last@x.example>"))
        office.handle()
        assert len(office.notices()) == 1


def test_of_one_person_so_many_mails_an_hour_are_taken(office: Office) -> None:
    with clock.at(clock.now().replace(minute=10)):
        for number in range(rules.MAILS_AN_HOUR):
            office.receive(mail(id=f"<{number}@x.example>"))
        with pytest.raises(NotNow):
            office.receive(mail(id="<more@x.example>"))
        other = office.addresses.for_reply(office.topic_id, office.topic_id)
        office.receive(mail(id="<other@x.example>"), other)
    with clock.at(clock.now() + timedelta(hours=1)):
        office.receive(mail(id="<more@x.example>"))


@pytest.mark.parametrize(
    ("results", "taken"),
    [
        ("mx.space.example; dmarc=pass header.from=x.example", True),
        ("mx.space.example; dmarc=fail header.from=x.example", False),
        ("mx.space.example; dmarc=none header.from=x.example", False),
        ("other.example; dmarc=pass header.from=x.example", False),
        ("", False),
    ],
)
def test_what_the_mail_server_found_of_the_sender_counts(
    database: Database, tmp_path: Path, results: str, taken: bool
) -> None:
    office = Office(database, tmp_path, SPACE_MAIL_AUTHSERV_ID="mx.space.example")
    headers = {"Authentication_Results": results} if results else {}
    office.receive(mail(to=office.reply_to, **headers))
    office.handle()
    assert bool(office.posts) == taken
    assert bool(office.notices()) != taken


def test_another_mail_of_theirs_that_is_handed_over_as_a_reply_is_held(
    database: Database, tmp_path: Path
) -> None:
    office = Office(database, tmp_path, SPACE_MAIL_AUTHSERV_ID="mx.space.example")
    results = "mx.space.example; dmarc=pass header.from=x.example"
    letter = mail("Dear Ann, this is between us.", to="ann@y.example", Authentication_Results=results)
    office.receive(letter)
    office.handle()
    assert office.posts == {}
    assert [row.code for row in rows(database, HeldReply)] == ["mail-unproven"]


def test_an_address_that_is_written_in_another_way_is_the_same(office: Office) -> None:
    office.receive(mail())
    office.handle()
    local, _, domain = office.reply_to.partition("@")
    for written in (f"{local}=@{domain}", *(f"{local[:-1]}{last}@{domain}" for last in "abcdefgh234567")):
        if office.addresses.open(written) is not None:
            office.receive(mail(), written)
    office.handle()
    assert len(office.viewers) == 1


def test_a_mail_with_a_second_id_above_its_own_is_not_posted(office: Office, database: Database) -> None:
    office.receive(mail())
    office.receive(b"Message-ID: <new@x.example>\r\n" + mail("Yes, at nine."))
    office.handle()
    assert len(office.posts) == 1
    assert [row.code for row in rows(database, HeldReply)] == ["mail-unreadable"]


@pytest.mark.parametrize(
    "id",
    [
        "<=?utf-8?q?a=0D=0ASubject:_Your_account=0D=0A=0D=0AHello?=@h>",
        "<\x1ca@h>",
        "<\0a@h>",
        "<é@h>",
    ],
)
def test_an_id_begins_no_line_in_the_notice(office: Office, id: str) -> None:
    office.receive(mail("", id=id))
    assert office.handle() == []
    (notice,) = office.notices()
    assert notice["In-Reply-To"] is None
    assert len(notice.get_all("Subject", [])) == 1


@pytest.mark.parametrize("kind", ["text/plain; name*=idna''x%41", "text/plain; charset=undefined"])
def test_whatever_a_mail_names_its_author_is_told(office: Office, kind: str) -> None:
    raw = mail().replace(b"text/plain; charset=utf-8", kind.encode())
    office.receive(raw)
    assert office.handle() == []
    assert office.posts or office.notices()


def test_mails_of_others_silence_no_notice_and_fill_nothing(office: Office, database: Database) -> None:
    for number in range(rules.MOST_HELD_OF_OTHERS + 5):
        office.receive(mail("Hello.", sender="eve@y.example", id=f"<e{number}@y.example>"))
    office.handle()
    assert len(office.notices()) == rules.NOTICES_OF_OTHERS_A_DAY
    assert len(rows(database, HeldReply)) == rules.MOST_HELD_OF_OTHERS
    office.receive(mail("", id="<own@x.example>"))
    office.handle()
    assert len(office.notices()) == 1


def test_what_waits_for_an_operator_keeps_no_mail_away(office: Office, database: Database) -> None:
    with database.writing() as session:
        for number in range(rules.MOST_WAITING):
            key = f"{number:032}"
            session.add(IncomingMail(key=key, sender=SAM, recipient="x", raw=b"", received_at=clock.now()))
    with pytest.raises(NotNow):
        office.receive(mail())
    with database.writing() as session:
        session.execute(
            insert(outbox_task),
            [
                {
                    "key": f"mail-in/{number:032}", "kind": HandleMail.kind, "subject": f"mail/{number}", "data": {},
                    "trace": "", "created_at": clock.now(), "deliveries": 16, "attempts": 16, "next_at": None,
                    "error": "x", "claim": "",
                }
                for number in range(rules.MOST_WAITING)
            ],
        )  # fmt: skip
    office.receive(mail())


def test_a_link_is_made_by_nobody_else(office: Office, database: Database, tmp_path: Path) -> None:
    office.refusing = Forbidden("topic-closed")
    office.receive(mail())
    office.handle()
    other = Office(database, tmp_path / "other")
    (held,) = rows(database, HeldReply)
    for token in (other.links.token(held.id), office.links.token(held.id)[:-4], "x", "", "é", "a" * 500):
        with pytest.raises(NotFound):
            office.links.open(token)


def test_what_is_held_goes_after_a_time(office: Office, database: Database) -> None:
    office.refusing = Forbidden("topic-closed")
    office.receive(mail())
    office.handle()
    (notice,) = office.notices()
    with clock.at(clock.now() + rules.HELD_FOR + timedelta(hours=1)):
        with database.reading() as session, pytest.raises(NotFound):
            queries.known(session, office.links.open(link_of(notice)))
        with database.writing() as session:
            holding.purge(session)
    assert rows(database, HeldReply) == rows(database, MailCount) == []


def test_a_mail_that_an_operator_has_given_up_is_deleted(office: Office, database: Database) -> None:
    office.refusing = RuntimeError("a bug of ours")
    office.receive(mail())
    assert office.handle() == ["a bug of ours"]
    with database.writing() as session:
        holding.purge(session)
    (kept,) = rows(database, IncomingMail)
    with database.writing() as session:
        assert OUTBOX_TASKS.drop(session, "mail", f"mail/{kept.key}", "spam") == 1
        holding.purge(session)
    assert rows(database, IncomingMail) == []
