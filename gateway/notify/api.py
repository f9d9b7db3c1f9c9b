"""Notifications and follows as JSON."""

from __future__ import annotations

from contracts.common import Page
from contracts.errors import NotFound
from contracts.mail import MailPreview, MailSettings, SetMailSettings
from contracts.notify import FollowKind, FollowView
from contracts.push import AddPushDevice, ChangePushDevice, PushDevice, PushSettings, SetPushReasons
from core.audience import Viewer
from gateway.api.router import Area
from gateway.api.schemas import FollowBody, ListQuery, Notification, NotificationQuery, ReadBody, Unread
from gateway.notify import push
from gateway.notify.reasons import names_of, reasons
from gateway.request_context import services

area = Area("notify")


@area.get("/notifications")
def list_notifications(viewer: Viewer, query: NotificationQuery) -> Page[Notification]:
    """The viewer's notifications, the newest first, each with why it came in words (`because`)."""
    page = services().notify.notifications(viewer, query.unread, query.cursor, query.limit)
    names = names_of(page.items)
    items = [
        Notification(**one.model_dump(), because=[why.striptags() for why in reasons(one, names)])
        for one in page.items
    ]
    return Page(items=items, next=page.next)


@area.get("/notifications/unread")
def count_unread(viewer: Viewer) -> Unread:
    """The number of unread notifications."""
    return Unread(unread=services().notify.unread(viewer))


@area.post("/notifications/read")
def read_notifications(viewer: Viewer, body: ReadBody) -> Unread:
    """Mark notifications as read; returns how many are still unread."""
    return Unread(unread=services().notify.mark_read(viewer, body.ids))


@area.get("/notifications/mail")
def get_mail_settings(viewer: Viewer) -> MailSettings:
    """Which notifications go out to the viewer by mail, and when."""
    return services().notify.mail_settings(viewer)


@area.get("/notifications/mail/preview")
def preview_mail(viewer: Viewer) -> MailPreview:
    """Which mails the viewer would have got in the last seven days under their settings."""
    return services().notify.mail_preview(viewer, None)


@area.put("/notifications/mail")
def set_mail_settings(viewer: Viewer, body: SetMailSettings) -> MailSettings:
    """Choose them; reasons that are left out stay as they are."""
    return services().notify.set_mail_settings(viewer, body)


@area.get("/push-devices")
def get_push_settings(viewer: Viewer) -> PushSettings:
    """The viewer's devices that get messages by Web Push, for which reasons, and the key to subscribe with."""
    return services().notify.push_settings(viewer, None)


@area.post("/push-devices", location="/push-devices")
def add_push_device(viewer: Viewer, body: AddPushDevice) -> PushDevice:
    """Send messages to a device: a browser, or a program that takes Web Push."""
    return services().notify.add_push_device(viewer, body, push.own_session())


@area.put("/push-devices/reasons")
def set_push_reasons(viewer: Viewer, body: SetPushReasons) -> PushSettings:
    """Choose for which reasons messages go to one's devices."""
    return services().notify.set_push_reasons(viewer, body)


@area.patch("/push-devices/{id}")
def change_push_device(viewer: Viewer, id: str, body: ChangePushDevice) -> PushDevice:
    """Rename a device, switch it on or off, or choose whether the words of groups go to it."""
    return services().notify.change_push_device(viewer, id, body)


@area.delete("/push-devices/{id}")
def remove_push_device(viewer: Viewer, id: str) -> None:
    """Send nothing to a device any more."""
    services().notify.remove_push_device(viewer, id)


@area.get("/follows")
def list_follows(viewer: Viewer, query: ListQuery) -> Page[FollowView]:
    """What the viewer follows."""
    return services().notify.follows(viewer, query.cursor, query.limit)


@area.get("/follows/{kind}/{path:id}")
def get_follow(viewer: Viewer, kind: FollowKind, id: str) -> FollowView:
    """How the viewer follows something; 404 if they don't."""
    found = services().notify.follow_state(viewer, kind, id)
    if found is None:
        raise NotFound
    return found


@area.put("/follows/{kind}/{path:id}")
def follow(viewer: Viewer, kind: FollowKind, id: str, body: FollowBody) -> FollowView:
    """Follow something."""
    return services().notify.follow(viewer, kind, id, body.level, body.mail)


@area.delete("/follows/{kind}/{path:id}")
def unfollow(viewer: Viewer, kind: FollowKind, id: str) -> None:
    """Stop following something."""
    services().notify.unfollow(viewer, kind, id)
