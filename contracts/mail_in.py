"""mail: what comes in by mail. Replies become posts of the forum; what can't be taken is held for who wrote it."""

from __future__ import annotations

from typing import Protocol

from pydantic import AwareDatetime

from contracts.common import Producer, View, needs_scope, safe
from contracts.own_data import Exporter
from core.audience import Viewer


class HeldReply(View):
    """A reply that came by mail and was not taken, for whoever has its link. `code` says why, as codes of errors do,
    with its `params`. `post_id`: the post that it has become since; it then says nothing else. `waits`: it waits for a
    moderator since."""

    topic_id: str
    body: str = ""
    language: str = ""
    code: str = ""
    params: dict[str, str | int] = {}
    received_at: AwareDatetime
    until: AwareDatetime
    post_id: str = ""
    waits: bool = False


class ReplyNotice(View):
    """A mail to who has sent a reply that was not posted as it came, without its words.

    `code` and `params` say why, as those of an error. `body`: the reply; `link`: the path of the page where it can be
    posted nevertheless, `""` where there is nothing to be posted. `path`: the page of its topic. `answers`: the
    `Message-ID` of the reply.
    """

    language: str
    site: str = ""
    code: str
    params: dict[str, str | int] = {}
    body: str = ""
    link: str = ""
    path: str
    answers: str = ""


class MailInApi(Exporter, Producer, Protocol):
    """The calls of the mail service."""

    @safe
    def held_reply(self, viewer: Viewer, token: str) -> HeldReply:
        """A reply that is held, for whoever has its link. Raises `NotFound("mail-link-unknown")`."""

    @needs_scope(None)
    def post_held_reply(self, viewer: Viewer, token: str) -> HeldReply:
        """Post it on behalf of who wrote it, once: whoever has the link has had the mail that was sent to the person's
        address.

        Raises what `contracts.forum.ForumApi.create_post` does, and `NotFound("mail-link-unknown")`.
        """


__all__ = ["HeldReply", "MailInApi", "ReplyNotice"]
