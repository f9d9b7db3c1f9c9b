"""Every call that changes something: which request makes it, or what it is made with, or why nobody tries it here. A
new call needs one line, or the test of the list fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.leaks.desk import Desk, Values
from tests.leaks.writes import (
    API,
    BOTH,
    EVENT,
    SITE,
    TEXT,
    TOPIC,
    By,
    administrator,
    author_or_moderator,
    decider,
    group_moderator,
    in_a_month,
    writer,
)

MADE: dict[str, tuple[str, str]] = {
    "blog.accept_proposal": ("POST", f"{API}/proposals/<proposal_id>/accept"),
    "blog.change_article": ("PATCH", f"{API}/articles/<article_id>"),
    "blog.create_article": ("POST", f"{API}/articles"),
    "blog.decline": ("POST", f"{API}/articles/<article_id>/decline"),
    "blog.decline_proposal": ("POST", f"{API}/proposals/<proposal_id>/decline"),
    "blog.delete_article": ("DELETE", f"{API}/articles/<article_id>"),
    "blog.publish_revision": ("POST", f"{API}/articles/<article_id>/publish"),
    "blog.restore_article": ("POST", f"{API}/articles/<article_id>/restore"),
    "blog.review_version": ("POST", f"{API}/articles/<article_id>/versions/<lang>/review"),
    "blog.schedule": ("POST", f"{API}/articles/<article_id>/schedule"),
    "blog.send_back": ("POST", f"{API}/articles/<article_id>/return"),
    "blog.set_version": ("PUT", f"{API}/articles/<article_id>/versions/<lang>"),
    "blog.show_revision": ("POST", f"{API}/articles/<article_id>/history/<lang>/<revision>/show"),
    "blog.submit": ("POST", f"{API}/articles/<article_id>/submit"),
    "blog.upload_picture": ("POST", f"{API}/uploads"),
    "blog.withdraw_proposal": ("POST", f"{API}/proposals/<proposal_id>/withdraw"),
    "blog.withhold_revision": ("POST", f"{API}/articles/<article_id>/history/<lang>/<revision>/withhold"),
    "events.attend": ("PUT", f"{API}/events/<event_id>/attendance"),
    "events.change_event": ("PATCH", f"{API}/events/<event_id>"),
    "events.create_event": ("POST", f"{API}/events"),
    "events.delete_event": ("DELETE", f"{API}/events/<event_id>"),
    "events.restore_event": ("POST", f"{API}/events/<event_id>/restore"),
    "events.set_event_version": ("PUT", f"{API}/events/<event_id>/versions/<lang>"),
    "forum.add_category": ("POST", "/admin/categories/<domain>"),
    "forum.change_held": ("PATCH", f"{API}/held/<area_name>/<held_id>"),
    "forum.change_post": ("PATCH", f"{API}/posts/<post_id>"),
    "forum.change_topic": ("PATCH", f"{API}/topics/<topic_id>"),
    "forum.create_post": ("POST", f"{API}/topics/<topic_id>/posts"),
    "forum.create_topic": ("POST", f"{API}/topics"),
    "forum.delete_post_for_reason": ("DELETE", f"{API}/posts/<post_id>"),
    "forum.delete_topic": ("DELETE", f"{API}/topics/<topic_id>"),
    "forum.merge_category": ("POST", "/admin/categories/<domain>/<slug>/merge"),
    "forum.restore_post": ("POST", f"{API}/posts/<post_id>/restore"),
    "forum.restore_topic": ("POST", f"{API}/topics/<topic_id>/restore"),
    "forum.set_category_text": ("POST", "/admin/categories/<domain>/<slug>"),
    "forum.set_topic_version": ("PUT", f"{API}/topics/<topic_id>/versions/<lang>"),
    "forum.show_revision": ("POST", f"{API}/posts/<post_id>/history/<revision>/show"),
    "forum.withdraw_held": ("DELETE", f"{API}/held/<area_name>/<held_id>"),
    "forum.withhold_revision": ("POST", f"{API}/posts/<post_id>/history/<revision>/withhold"),
    "notify.follow": ("PUT", f"{API}/follows/<kind>/<path:id>"),
    "notify.mark_read": ("POST", f"{API}/notifications/read"),
    "notify.set_mail_settings": ("PUT", f"{API}/notifications/mail"),
    "notify.add_push_device": ("POST", f"{API}/push-devices"),
    "notify.change_push_device": ("PATCH", f"{API}/push-devices/<id>"),
    "notify.remove_push_device": ("DELETE", f"{API}/push-devices/<id>"),
    "notify.set_push_reasons": ("PUT", f"{API}/push-devices/reasons"),
    "notify.unfollow": ("DELETE", f"{API}/follows/<kind>/<path:id>"),
    "people.add_term": ("POST", "/admin/terms"),
    "people.answer_appeal": ("POST", "/moderation/cases/<case_id>/answer"),
    "people.answer_contact": ("POST", "/moderation/cases/<case_id>/reply"),
    "people.answer_invitation": ("POST", f"{API}/groups/<slug>/invitation"),
    "people.answer_sign_up_request": ("POST", "/admin/sign-up-requests/<request_id>"),
    "people.appeal": ("POST", "/decisions/<decision_id>/appeal"),
    "people.approve_held": ("POST", "/moderation/cases/<case_id>/approve"),
    "people.ask_to_join": ("POST", f"{API}/groups/<slug>/requests"),
    "people.begin_export": ("POST", f"{API}/me/export"),
    "people.block": ("PUT", f"{API}/me/blocks/<name>"),
    "people.change_group": ("PATCH", f"{API}/groups/<slug>"),
    "people.change_profile": ("PATCH", f"{API}/me"),
    "people.change_role": ("POST", "/admin/people/<name>"),
    "people.claim_case": ("POST", "/moderation/cases/<case_id>/claim"),
    "people.close_contact": ("POST", "/moderation/cases/<case_id>/close"),
    "people.create_group": ("POST", f"{API}/groups"),
    "people.create_sign_up_invitation": ("POST", "/admin/invitations"),
    "people.decide_case": ("POST", "/moderation/cases/<case_id>/decide"),
    "people.hand_over": ("POST", f"{API}/groups/<slug>/hand-over"),
    "people.invite": ("PUT", f"{API}/groups/<slug>/invitations/<name>"),
    "people.join": ("POST", f"{API}/groups/<slug>/join"),
    "people.leave": ("POST", "/groups/<slug>/leave"),
    "people.lift": ("DELETE", f"{API}/me/blocks/<name>"),
    "people.release_case": ("POST", "/moderation/cases/<case_id>/release"),
    "people.remove_member": ("DELETE", f"{API}/groups/<slug>/members/<name>"),
    "people.rename": ("POST", "/settings/account"),
    "people.rename_person": ("POST", "/admin/people/<name>/account"),
    "people.revoke_sign_up_invitation": ("POST", "/admin/invitations/<invitation_id>/revoke"),
    "people.revoke_token": ("DELETE", f"{API}/tokens/<token_id>"),
    "people.set_group_text": ("PUT", f"{API}/groups/<slug>/texts/<lang>"),
    "people.set_member": ("PUT", f"{API}/groups/<slug>/members/<name>"),
    "people.set_newcomer_limits": ("POST", "/admin/new-people"),
    "people.set_site_text": ("POST", "/admin/site"),
    "people.set_trust": ("POST", "/admin/people/<name>/trust"),
    "people.withdraw_invitation": ("DELETE", f"{API}/groups/<slug>/invitations/<name>"),
    "events.show_revision": ("POST", f"{API}/events/<event_id>/history/<lang>/<revision>/show"),
    "events.withhold_revision": ("POST", f"{API}/events/<event_id>/history/<lang>/<revision>/withhold"),
    "people.replace_tag": ("POST", "/admin/tags/<tag>"),
    "forum.show_topic_revision": ("POST", f"{API}/topics/<topic_id>/history/<lang>/<revision>/show"),
    "forum.withhold_topic_revision": ("POST", f"{API}/topics/<topic_id>/history/<lang>/<revision>/withhold"),
    "forum.set_group_category": ("PATCH", f"{API}/groups/<slug>/categories/<category>"),
}
"""The request of `WRITES` that makes it; its trial lets everybody who may not make the call, too."""


@dataclass(frozen=True)
class Direct:
    """A call that no trial's request makes: as `Write`, but with the call's arguments."""

    make: Callable[[Desk, str], Values]
    may: By
    by: str
    arguments: tuple[Any, ...]
    audiences: tuple[str, ...]


def direct(
    make: Callable[[Desk, str], Values], may: By, by: str, *arguments: Any, audiences: tuple[str, ...] = BOTH
) -> Direct:
    return Direct(make, may, by, arguments, audiences)


def category(domain: str) -> Callable[[Desk, str], Values]:
    """A new category of a domain with nothing in it."""

    def make(desk: Desk, audience: str) -> Values:
        slug = desk.world.words.new()
        fields = {"slug": slug, "language": "en", "name": "More", "reason": "Yes."}
        desk.world.form("Adam", f"/admin/categories/{domain}", fields)
        return {**desk.nothing(audience), "slug": slug}

    return make


def administering(domain: str, *arguments: Any) -> Direct:
    return direct(category(domain), administrator, "Adam", "{slug}", *arguments, audiences=SITE)


D = Desk
WHY = {"reason": "Yes."}
STATE = {"closed": True, "reason": "Full."}
EVENT_TEXT = {**EVENT, "start": f"{in_a_month()}T18:00"}
FRENCH = {"language": "fr", **TEXT}
BETTER = {"revision": "{revision:d}", "body": "Better."}

DIRECT: dict[str, Direct] = {
    "forum.hold_topic": direct(D.nothing, writer, "Memo", TOPIC),
    "forum.hold_post": direct(D.topic, writer, "Memo", "{id}", {"body": "Yes."}),
    "forum.hold_topic_change": direct(
        D.topic, author_or_moderator, "Ines", "{id}", {"revision": "{revision:d}", "title": "Other"}
    ),
    "forum.hold_post_change": direct(D.post, author_or_moderator, "Ines", "{id}", BETTER),
    "forum.hold_topic_version": direct(D.topic, writer, "Memo", "{id}", FRENCH),
    "forum.delete_post": direct(D.post, author_or_moderator, "Ines", "{id}"),
    "forum.add_group_category": direct(
        D.group, group_moderator, "Ines", {"audience": "{own}", "language": "en", "name": "Ours"}
    ),
    "forum.set_category_state": administering("talk", STATE),
    "forum.move_category": administering("talk", True),
    "forum.remove_category": administering("talk", WHY),
    "events.hold_event": direct(D.nothing, writer, "Memo", EVENT_TEXT),
    "events.hold_event_change": direct(
        D.event, author_or_moderator, "Ines", "{id}", {"revision": "{revision:d}", "title": "Other"}
    ),
    "events.hold_event_version": direct(D.event, writer, "Memo", "{id}", FRENCH),
    "blog.add_category": direct(
        D.nothing, administrator, "Adam",
        {"slug": "{fresh}", "language": "en", "name": "More", "reason": "Yes."}, audiences=SITE,
    ),
    "blog.set_category_text": administering("news", {"language": "fr", "name": "Contes", **WHY}),
    "blog.set_category_state": administering("news", STATE),
    "blog.move_category": administering("news", True),
    "blog.merge_category": administering("news", {"into": "stories", **WHY}),
    "blog.remove_category": administering("news", WHY),
    "blog.publish": direct(D.submitted, decider, "board", "{id}"),
    "blog.schedule_revision": direct(
        D.submitted, decider, "board", "{id}", f"{in_a_month()}T12:00:00Z", "{article_revision:d}"
    ),
    "blog.propose_change": direct(D.discussed, writer, "Memo", "{id}", {"body": "Better, I think."}),
    "people.grant_role": direct(
        D.nothing, administrator, "Adam", "Promoted", "moderator", True, audiences=SITE
    ),
    "people.vanish_person": direct(D.newcomer, administrator, "Adam", "{name}", {"reason": "Asked."}, audiences=SITE),
}  # fmt: skip

_PROVES = "proves who somebody is, and acts for nobody else"
_OWN = "acts on the account of who makes it: tests/unit/people"

ELSEWHERE = {
    "notify.stop_mail": "takes the link of a mail: tests/unit/notify/test_mail_links.py",
    "notify.see_push_device": "finds a device by its endpoint, which is secret: tests/unit/notify/test_push.py",
    "notify.note_bounce": "is for the mail service, and no page makes it: tests/unit/notify/test_returning.py",
    "mail.post_held_reply": "takes the link of a mail: tests/leaks/test_replies_by_mail.py",
    "blog.describe_picture": "finds one's own pictures alone: tests/unit/blog/test_blog_pictures.py",
    "blog.keep_picture": "is `upload_picture`, which is tried, of a picture that waits",
    "events.change_held": "is that of the forum, which is tried",
    "events.withdraw_held": "is that of the forum, which is tried",
    "people.add_passkey": _PROVES,
    "people.ask_reset": _PROVES,
    "people.begin_passkey": _PROVES,
    "people.begin_second_factor": _PROVES,
    "people.change_email": _PROVES,
    "people.change_password": _PROVES,
    "people.confirm_email": _PROVES,
    "people.confirm_second_factor": _PROVES,
    "people.continue_contact": "asks for the code of what was written without an account",
    "people.create_token": _PROVES,
    "people.end_other_sessions": _OWN,
    "people.end_session": _OWN,
    "people.end_sessions": _OWN,
    "people.keep_form": "keeps a form for its own key, which is secret",
    "people.link_wiki_account": _PROVES,
    "people.open_contact": "is for everybody",
    "people.read_contact": "asks for the code of what was written without an account",
    "people.register": "is for everybody",
    "people.register_with_wiki": _PROVES,
    "people.ask_for_account": _PROVES,
    "people.withdraw_sign_up_request": _PROVES,
    "people.remove_passkey": _PROVES,
    "people.remove_second_factor": _PROVES,
    "people.remove_term": "is refused as `set_term` is, which is tried: tests/unit/people/test_terms.py",
    "people.rename_passkey": "finds one's own alone: tests/unit/people/test_passkeys.py",
    "people.report": "is for everybody",
    "people.reset_password": _PROVES,
    "people.send_confirmation": _OWN,
    "people.set_first_password": _PROVES,
    "people.set_report_scores": "is refused as `set_limits` is: tests/unit/people/test_scores.py",
    "people.set_sign_up": "would keep the trials' own people out: tests/unit/people/test_site.py",
    "people.sign_in": _PROVES,
    "people.sign_in_with_code": _PROVES,
    "people.sign_in_with_passkey": _PROVES,
    "people.sign_in_with_wiki": _PROVES,
    "people.sign_out": "ends the session whose secret it names",
    "people.take_form": "finds a form by its secret key",
    "people.unblock": _OWN,
    "people.unlink_wiki_account": _PROVES,
    "people.vanish": _PROVES,
}
"""Calls that nobody else tries here, and why."""
