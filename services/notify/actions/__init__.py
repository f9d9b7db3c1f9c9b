"""The writers of notify: what people follow and have read, their notifications, and the replicas of others' data."""

from services.notify.actions.follows import follow, mark_read, unfollow

__all__ = ["follow", "mark_read", "unfollow"]
