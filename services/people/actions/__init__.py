"""The commands of people: each changes rows and appends events, in the caller's transaction."""

from services.people.actions.accounts import (
    change_password,
    change_profile,
    create_token,
    lock_unless_changed,
    open_session,
    register,
    rehash_password,
    renew_session,
    revoke_token,
    set_password,
    sign_out,
)
from services.people.actions.groups import (
    create_group,
    join,
    leave,
    remove_member,
    set_group_text,
    set_member,
)
from services.people.actions.roles import change_role, grant_role, hold_role, make_administrator

__all__ = [
    "change_password", "change_profile", "change_role", "create_group", "create_token",
    "grant_role", "hold_role", "join", "leave", "lock_unless_changed", "make_administrator", "open_session",
    "register", "rehash_password", "remove_member", "renew_session", "revoke_token", "set_group_text",
    "set_member", "set_password", "sign_out",
]  # fmt: skip
