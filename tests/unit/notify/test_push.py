"""Messages to phones: what is new, to whom may see it, on the devices that they have switched on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from bus.outbox.tasks import Outage, as_done
from bus.push.delivery import MessageRefused, ServiceBusy, SubscriptionGone, topic_name
from contracts.blocks import BlockChanged
from contracts.errors import Conflict, Invalid, NotFound
from contracts.forum import PostDeleted
from contracts.mail import SetMailSettings
from contracts.people import PersonState, PersonVanished
from contracts.push import AddPushDevice, ChangePushDevice, SeePushDevice, SetPushReasons
from core import clock
from core.audience import Viewer
from services.notify import actions, push_queries, push_rules
from services.notify.actions import mail_queue, push_devices
from services.notify.own_data import export_of
from services.notify.push_tables import PushDevice, PushSent, PushWaiting
from services.notify.tasks import SendPush
from tests.push_service import Subscriber
from tests.unit.notify.harness import NotifyHarness, group, of_group
from tests.unit.notify.phones import HOST, Phone, Phones

pytestmark = pytest.mark.slow

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def phones(harness: NotifyHarness, tmp_path: Path) -> Iterator[Phones]:
    """At noon, with Sam and Noa."""
    with clock.at(NOON):
        harness.people("sam", "noa")
        yield Phones(harness, tmp_path)


def device(phones: Phones, phone: Phone) -> PushDevice | None:
    with phones.harness.database.reading() as session:
        return session.get(PushDevice, phone.device.id)


def settings(phones: Phones, name: str = "sam") -> list[tuple[str, str]]:
    """The devices of somebody as they see them, by their states."""
    with phones.harness.database.reading() as session:
        found = push_queries.push_settings(
            session, phones.harness.viewer(name), phones.settings.push_private_key, None
        )
    return [(each.name, each.state) for each in found.devices]


def choose(phones: Phones, name: str, *reasons: str) -> None:
    command = SetPushReasons.model_validate({"reasons": reasons})
    with phones.harness.database.writing() as session:
        push_devices.set_reasons(session, phones.harness.viewer(name), phones.settings, command)


def change(phones: Phones, phone: Phone, name: str = "sam", **fields: object) -> None:
    command = ChangePushDevice.model_validate(fields)
    with phones.harness.database.writing() as session:
        push_devices.change(session, phones.harness.viewer(name), phone.device.id, command)


def mark_read(phones: Phones, name: str) -> None:
    with phones.harness.database.writing() as session:
        actions.mark_read(session, phones.harness.viewer(name), None)


def test_a_reply_reaches_the_phone(phones: Phones) -> None:
    phone, other = phones.switch_on("sam"), phones.switch_on("noa")
    topic = phones.harness.open_topic("sam", titles={"en": "Night buses"})
    post = phones.harness.reply(topic, "noa", "They run till two.")
    phones.send()
    (message,) = phone.received
    notification = message["notification"]
    assert (message["web_push"], message["app_badge"]) == (8030, 1)
    assert notification["title"] == "noa replied to your topic Night buses"
    assert notification["body"] == "They run till two."
    assert (notification["lang"], notification["dir"]) == ("en", "ltr")
    assert notification["navigate"] == f"https://space.example/talk/p/{post.id}"
    assert notification["data"]["ids"] == [each.id for each in phones.harness.notifications("sam")]
    assert (phone.heads[0].urgency, phone.heads[0].ttl) == ("high", 2 * 24 * 3600)
    assert other.received == []
    phones.send()
    assert len(phone.received) == 1


def test_it_is_in_the_readers_language_and_direction(phones: Phones) -> None:
    phones.languages["sam"] = "ar"
    phone = phones.switch_on("sam")
    phones.harness.reply(phones.harness.open_topic("sam", titles={"en": "Night buses"}), "noa", "Late.")
    phones.send()
    (message,) = phone.received
    assert (message["notification"]["lang"], message["notification"]["dir"]) == ("ar", "rtl")
    assert "\u2068Night buses\u2069" in message["notification"]["title"], "isolated from the words around it"


def test_what_comes_together_is_one_message(phones: Phones) -> None:
    phone = phones.switch_on("sam")
    topic = phones.harness.open_topic("sam")
    for number in range(3):
        phones.harness.reply(topic, "noa", f"Number {number}.")
    phones.send()
    (message,) = phone.received
    assert message["notification"]["body"] == "Number 2.\n2 more are new"
    assert message["app_badge"] == 3
    assert len(message["notification"]["data"]["ids"]) == 3


def test_a_busy_topic_gives_a_message_in_two_minutes_that_replaces_the_one_before(phones: Phones) -> None:
    phone = phones.switch_on("sam")
    topic, other = phones.harness.open_topic("sam"), phones.harness.open_topic("sam")
    phones.harness.reply(topic, "noa", "One.")
    phones.send()
    with clock.at(NOON + MINUTE):
        phones.harness.reply(topic, "noa", "Two.")
        phones.harness.reply(other, "noa", "Elsewhere.")
        phones.send()
        assert [each["notification"]["body"] for each in phone.received] == ["One.", "Elsewhere."]
    with clock.at(NOON + 2 * MINUTE):
        phones.send()
    assert [each["body"] for each in phone.screen.values()] == ["Two.", "Elsewhere."]
    first, _, third = [topic_name(each.topic) for each in phone.heads]
    assert first == third


def test_each_phone_gets_it(phones: Phones) -> None:
    phone, tablet = phones.switch_on("sam"), phones.switch_on("sam", "tablet")
    phones.harness.reply(phones.harness.open_topic("sam"), "noa", "Hello.")
    phones.send()
    assert (len(phone.received), len(tablet.received)) == (1, 1)
    assert phone.heads[0].topic != tablet.heads[0].topic, "the service can't tell that they are one person's"


def test_what_is_read_deleted_or_of_somebody_blocked_meanwhile_is_not_sent(phones: Phones) -> None:
    phone, harness = phones.switch_on("sam"), phones.harness
    harness.person("mel")
    read, deleted, blocked, stays = (harness.open_topic("sam") for _ in range(4))
    harness.reply(read, "noa", "Read.")
    mark_read(phones, "sam")
    post = harness.reply(deleted, "noa", "Deleted.")
    harness.handle(PostDeleted(post=post, by_id=harness.ids["noa"]))
    harness.reply(blocked, "mel", "Blocked.")
    harness.reply(stays, "noa", "Stays.")
    harness.handle(BlockChanged(person_id=harness.ids["sam"], other_id=harness.ids["mel"], level="mute"))
    with clock.at(NOON + 3 * MINUTE):
        phones.send()
    assert [each["notification"]["body"] for each in phone.received] == ["Stays."]


def test_whoever_is_active_on_the_page_reads_it_there(phones: Phones) -> None:
    phone, topic = phones.switch_on("sam"), phones.harness.open_topic("sam")
    phones.harness.reply(topic, "noa", "First.")
    mark_read(phones, "sam")
    phones.harness.reply(topic, "noa", "Second.")
    phones.send()
    assert phone.received == []
    with clock.at(NOON + 2 * MINUTE):
        phones.send()
    assert [each["notification"]["body"] for each in phone.received] == ["Second."]


def test_quiet_hours_hold(phones: Phones) -> None:
    command = SetMailSettings(hour=8, timezone="UTC", quiet_from=11, quiet_to=13)
    with phones.harness.database.writing() as session:
        mail_queue.set_mail_settings(session, phones.harness.viewer("sam"), command)
    phone = phones.switch_on("sam")
    phones.harness.reply(phones.harness.open_topic("sam"), "noa", "Hello.")
    with clock.at(NOON + 59 * MINUTE):
        phones.send()
        assert phone.received == []
    with clock.at(NOON + 60 * MINUTE):
        phones.send()
    assert len(phone.received) == 1


def test_what_one_only_follows_goes_to_the_phone_where_that_is_chosen(phones: Phones) -> None:
    phone, harness = phones.switch_on("sam"), phones.harness
    harness.follow("sam", "person", harness.ids["noa"])
    harness.open_topic("noa")
    phones.send()
    assert phone.received == []
    choose(phones, "sam", "follow")
    harness.open_topic("noa")
    harness.reply(harness.open_topic("sam"), "noa", "Not chosen any more.")
    phones.send()
    assert len(phone.received) == 1
    assert phone.heads[0].urgency == "normal"


def test_a_device_that_is_off_or_removed_gets_nothing_and_no_other_person_changes_it(phones: Phones) -> None:
    harness, phone, tablet = phones.harness, phones.switch_on("sam"), phones.switch_on("sam", "tablet")
    strange = Phone(phone.device.model_copy(update={"id": "x"}), phone.subscriber)
    for of, name in ((phone, "noa"), (strange, "sam")):
        with pytest.raises(NotFound):
            change(phones, of, name, on=False)
        with pytest.raises(NotFound):
            _remove(phones, of, name)
    assert settings(phones, "noa") == []
    change(phones, phone, on=False)
    topic = harness.open_topic("sam")
    harness.reply(topic, "noa", "Hello.")
    _remove(phones, tablet, "sam")
    phones.send()
    assert (phone.received, tablet.received) == ([], [])
    assert settings(phones) == [("phone", "working")]


# Groups


def test_words_of_groups_are_withheld_unless_they_are_chosen(phones: Phones) -> None:
    harness, phone = phones.harness, phones.switch_on("sam")
    tablet = phones.switch_on("sam", "tablet", group_words=True)
    secret = group()
    for name in ("sam", "noa"):
        harness.member(secret, name, "member")
    topic = harness.open_topic("sam", titles={"en": "Plans"}, audience=of_group(secret))
    post = harness.reply(topic, "noa", "At dawn.")
    phones.send()
    withheld = phone.received[-1]["notification"]
    assert (withheld["title"], withheld["body"]) == ("Something new in one of your groups", "")
    assert withheld["navigate"] == f"https://space.example/talk/p/{post.id}"
    told = json.dumps(phone.received)
    for word in ("Plans", "At dawn", "noa", secret.slug, "plans"):
        assert word not in told, word
    assert tablet.received[-1]["notification"]["body"] == "At dawn."


def test_nothing_goes_out_after_a_membership_is_lost(phones: Phones) -> None:
    harness, phone = phones.harness, phones.switch_on("sam", group_words=True)
    secret = group()
    for name in ("sam", "noa"):
        harness.member(secret, name, "member")
    phones.send()
    before = len(phone.received)
    harness.reply(harness.open_topic("sam", audience=of_group(secret)), "noa", "At dawn.")
    harness.member(secret, "sam", "none", by="noa")
    phones.send()
    assert len(phone.received) == before


# What becomes of it


def test_a_device_that_is_gone_is_forgotten_and_its_person_told(phones: Phones) -> None:
    harness, phone = phones.harness, phones.switch_on("sam")
    phones.refusing[phone.subscriber.endpoint] = SubscriptionGone("410")
    harness.reply(harness.open_topic("sam"), "noa", "Hello.")
    phones.send()
    row = device(phones, phone)
    assert row is not None
    assert (row.endpoint, row.p256dh, row.auth) == ("", "", "")
    assert settings(phones) == [("phone", "lost")]
    told = harness.notifications("sam")[0]
    assert (told.what, told.title, told.path) == (
        "notify.device.lost",
        "phone",
        "/settings/notifications#phones",
    )
    with harness.database.reading() as session:
        assert mail_queue.choices_of(session, [harness.ids["sam"]]) == {}
        assert session.scalar(select(func.count()).select_from(PushWaiting)) == 0
    harness.reply(harness.open_topic("sam"), "noa", "Again.")
    phones.send()
    assert [each.what for each in harness.notifications("sam")].count("notify.device.lost") == 1
    with clock.at(NOON + push_rules.LOST_KEPT + MINUTE), harness.database.writing() as session:
        push_devices.purge(session)
    assert settings(phones) == []


def test_a_subscription_that_is_renewed_while_the_former_one_is_asked_is_not_lost(phones: Phones) -> None:
    harness, phone = phones.harness, phones.switch_on("sam")

    def renew() -> None:
        with harness.database.writing() as session:
            session.execute(update(PushDevice).values(endpoint=f"{HOST}renewed"))

    phones.meanwhile = renew
    phones.refusing[phone.subscriber.endpoint] = SubscriptionGone("410")
    harness.reply(harness.open_topic("sam"), "noa", "Hello.")
    phones.send()
    row = device(phones, phone)
    assert row is not None
    assert (row.endpoint, row.lost_at) == (f"{HOST}renewed", None)


def test_what_is_due_at_one_moment_in_two_batches_is_two_tasks() -> None:
    tasks = [
        SendPush(device_id="d", person_id="p", thread="topic/1", ids=[id], due_at=NOON) for id in ("1", "2")
    ]
    assert len({task.key() for task in tasks}) == len({task.subject() for task in tasks}) == 2


def test_a_service_that_is_busy_is_asked_again_when_it_says(phones: Phones) -> None:
    harness, phone, tablet = phones.harness, phones.switch_on("sam"), phones.switch_on("sam", "tablet")
    phones.refusing[phone.subscriber.endpoint] = ServiceBusy("429", 600.0)
    harness.reply(harness.open_topic("sam"), "noa", "Hello.")
    phones.send()
    assert len(tablet.received) == 1
    assert dict(settings(phones)) == {"phone": "unreached", "tablet": "working"}
    phones.refusing.clear()
    with clock.at(NOON + 9 * MINUTE):
        phones.send()
        assert phone.received == []
    with clock.at(NOON + 10 * MINUTE):
        phones.send()
    assert (len(phone.received), len(tablet.received)) == (1, 1)
    row = device(phones, phone)
    assert row is not None
    assert (row.reached_at, row.failing_since) == (NOON + 10 * MINUTE, None)
    assert phone.heads[0].ttl == 2 * 24 * 3600 - 600


def test_a_device_that_is_not_reached_for_days_is_told_of_once(phones: Phones) -> None:
    harness, phone = phones.harness, phones.switch_on("sam")
    phones.refusing[phone.subscriber.endpoint] = MessageRefused("403")
    topic = harness.open_topic("sam")
    for day in range(6):
        with clock.at(NOON + day * DAY):
            harness.reply(topic, "noa", "Hello.")
            phones.send()
            told = [each for each in harness.notifications("sam") if each.what == "notify.device.lost"]
            assert len(told) == (1 if day >= 3 else 0), day
    assert settings(phones) == [("phone", "unreached")], "a fault of ours takes nobody's device away"


def test_what_is_too_old_is_not_tried_any_more(phones: Phones) -> None:
    harness, phone = phones.harness, phones.switch_on("sam")
    phones.refusing[phone.subscriber.endpoint] = ServiceBusy("503", 60.0)
    harness.reply(harness.open_topic("sam"), "noa", "Hello.")
    phones.send()
    phones.refusing.clear()
    with clock.at(NOON + 2 * DAY + MINUTE):
        phones.send()
        assert phones.waiting() == []
    assert phone.received == []


def test_a_second_copy_replaces_the_first(phones: Phones) -> None:
    """The process ends between the hand-over and its note."""
    harness, phone = phones.harness, phones.switch_on("sam")
    harness.reply(harness.open_topic("sam"), "noa", "Hello.")
    (task,) = phones.waiting()
    phones.dies = True
    with pytest.raises(Outage):
        phones.carry_out(task, task.key())
    phones.dies = False
    phones.carry_out(task, task.key())
    first, second = phone.received
    assert first == second, "the service worker shows an equal one in silence"
    assert len(phone.screen) == 1
    assert topic_name(phone.heads[0].topic) == topic_name(phone.heads[1].topic)


def test_what_is_replayed_or_imported_is_not_sent(phones: Phones) -> None:
    harness, phone = phones.harness, phones.switch_on("sam")
    topic = harness.open_topic("sam")
    with as_done():
        harness.reply(topic, "noa", "From an import.")
    phones.send()
    assert phone.received == []


# Sessions and accounts


def test_a_device_ends_with_its_session(phones: Phones) -> None:
    harness, phone = phones.harness, phones.switch_on("sam")
    phones.ended.add("phone")
    harness.reply(harness.open_topic("sam"), "noa", "Hello.")
    phones.send()
    assert phone.received == []
    assert settings(phones) == []
    assert [each.what for each in harness.notifications("sam")] == ["forum.post.created"]


def test_whose_session_ended_by_itself_is_told_that_the_device_is_lost(phones: Phones) -> None:
    harness = phones.harness
    phones.switch_on("sam")
    phones.ended.add("phone")
    with clock.at(NOON + push_rules.AWAY_AFTER):
        harness.reply(harness.open_topic("sam"), "noa", "Hello.")
        phones.send()
        assert harness.notifications("sam")[0].what == "notify.device.lost"


def test_nothing_goes_to_who_is_suspended(phones: Phones) -> None:
    phone = phones.switch_on("sam")
    phones.suspended.add("sam")
    phones.harness.reply(phones.harness.open_topic("sam"), "noa", "Hello.")
    phones.send()
    assert phone.received == []


def test_devices_go_with_the_account(phones: Phones) -> None:
    harness = phones.harness
    phones.switch_on("sam")
    choose(phones, "sam", "reply")
    harness.reply(harness.open_topic("sam"), "noa", "Hello.")
    state = PersonState(id=harness.ids["sam"], name="gone", display_name="gone", languages=[], joined_at=NOON)
    harness.handle(PersonVanished(person=state))
    with harness.database.reading() as session:
        for table in (PushDevice, PushWaiting):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    assert phones.waiting() == []


def test_what_somebody_takes_along_says_that_a_device_is_there_and_not_where(phones: Phones) -> None:
    phone = phones.switch_on("sam")
    viewer = phones.harness.viewer("sam")
    with phones.harness.database.reading() as session:
        taken = export_of(session, viewer, None, 100)
    text = taken.model_dump_json()
    assert '"phone"' in text
    for secret in phone.subscriber.keys.values():
        assert secret not in text


# Subscriptions


def add(phones: Phones, viewer: Viewer, session_id: str | None = None, **fields: object) -> None:
    command = AddPushDevice.model_validate({"name": "phone", **fields})
    with phones.harness.database.writing() as session:
        push_devices.add(session, viewer, phones.settings, command, session_id)


def see(
    phones: Phones, name: str, subscriber: Subscriber, before: str = "", session_id: str = "phone"
) -> bool:
    command = SeePushDevice(**subscriber.keys, before=before)
    with phones.harness.database.writing() as session:
        return push_devices.see(session, phones.harness.viewer(name), phones.settings, command, session_id)


def test_a_browser_that_is_used_by_somebody_else_shows_them_nothing_of_the_first(phones: Phones) -> None:
    phone = phones.switch_on("sam")
    assert see(phones, "sam", phone.subscriber)
    assert not see(phones, "noa", phone.subscriber)
    assert settings(phones) == []
    assert not see(phones, "sam", phone.subscriber), "the browser is told to end it"
    add(phones, phones.harness.viewer("sam"), **phone.subscriber.keys)
    add(phones, phones.harness.viewer("noa"), **phone.subscriber.keys)
    assert (settings(phones), settings(phones, "noa")) == ([], [("phone", "working")])


def test_a_subscription_that_the_browser_renewed_takes_the_place_of_the_one_before(phones: Phones) -> None:
    phone = phones.switch_on("sam")
    renewed = Subscriber(f"{HOST}sam/renewed")
    assert not see(phones, "noa", renewed, before=renewed.endpoint)
    assert see(phones, "sam", renewed, before=phone.subscriber.endpoint, session_id="later")
    row = device(phones, phone)
    assert row is not None
    assert (row.endpoint, row.session_id, row.name) == (renewed.endpoint, "later", "phone")


def test_a_browser_that_renewed_its_subscription_unseen_is_known_again(phones: Phones) -> None:
    """The service said that the one before is gone, and only then somebody visits."""
    harness, phone = phones.harness, phones.switch_on("sam")
    phones.refusing[phone.subscriber.endpoint] = SubscriptionGone("410")
    harness.reply(harness.open_topic("sam"), "noa", "Hello.")
    phones.send()
    assert not see(phones, "sam", phone.subscriber), "the one that is gone does not come back"
    assert settings(phones) == [("phone", "lost")]
    renewed = Subscriber(f"{HOST}sam/renewed")
    assert not see(phones, "noa", renewed, before=renewed.endpoint)
    assert see(phones, "sam", renewed, before=phone.subscriber.endpoint)
    assert settings(phones) == [("phone", "working")]
    phones.refusing[renewed.endpoint] = SubscriptionGone("410")
    harness.reply(harness.open_topic("sam"), "noa", "Again.")
    phones.send()
    told = [each for each in harness.notifications("sam") if each.what == "notify.device.lost"]
    assert len(told) == 2, "each time"


def test_what_is_no_subscription_is_refused(phones: Phones) -> None:
    viewer, keys = phones.harness.viewer("sam"), Subscriber(f"{HOST}x").keys
    for changed, code in (
        ({"endpoint": "https://internal.example/x"}, "push-endpoint"),
        ({"endpoint": "http://fcm.googleapis.com/x"}, "push-endpoint"),
        ({"p256dh": "AAAA"}, "push-keys"),
        ({"auth": "AAAA"}, "push-keys"),
    ):
        with pytest.raises(Invalid) as error:
            add(phones, viewer, **(keys | changed))
        assert [fault.code for fault in error.value.faults] == [code]


def test_a_person_has_a_limited_number_of_devices(phones: Phones) -> None:
    viewer = phones.harness.viewer("sam")
    for number in range(push_rules.DEVICES_EACH):
        add(phones, viewer, **Subscriber(f"{HOST}{number}").keys)
    with pytest.raises(Conflict, match="push-devices-many"):
        add(phones, viewer, **Subscriber(f"{HOST}more").keys)
    add(phones, viewer, **Subscriber(f"{HOST}0").keys)


def test_when_messages_went_out_is_forgotten(phones: Phones) -> None:
    phones.switch_on("sam")
    phones.harness.reply(phones.harness.open_topic("sam"), "noa", "Hello.")
    phones.send()
    with clock.at(NOON + 2 * DAY), phones.harness.database.writing() as session:
        push_devices.purge(session)
        assert session.scalar(select(func.count()).select_from(PushSent)) == 0


def test_a_task_has_no_words_and_no_address(phones: Phones) -> None:
    phone = phones.switch_on("sam")
    phones.harness.reply(phones.harness.open_topic("sam", titles={"en": "Plans"}), "noa", "At dawn.")
    (task,) = phones.waiting()
    assert isinstance(task, SendPush)
    stored = task.model_dump_json() + task.key() + task.subject()
    for word in ("Plans", "dawn", phone.subscriber.endpoint):
        assert word not in stored


def _remove(phones: Phones, phone: Phone, name: str) -> None:
    with phones.harness.database.writing() as session:
        push_devices.remove(session, phones.harness.viewer(name), phone.device.id)
