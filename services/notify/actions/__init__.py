"""The writes of notify: follows and read marks (commands), delivery of notifications, and replicas."""

from services.notify.actions.follows import follow, mark_read, unfollow

__all__ = ["follow", "mark_read", "unfollow"]
