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
    reset_password,
    revoke_token,
    set_password,
    sign_out,
)
from services.people.actions.emails import confirm_email, send_confirmation
from services.people.actions.groups import (
    ask_to_join,
    create_group,
    join,
    leave,
    remove_member,
    set_group_text,
)
from services.people.actions.invitations import set_member
from services.people.actions.renaming import rename, rename_person
from services.people.actions.roles import change_role, grant_role, hold_role, make_administrator
from services.people.actions.second_factor import remove_second_factor_of
from services.people.actions.sessions import end_other_sessions, end_session, end_sessions
from services.people.actions.site import set_sign_up, set_site_text

__all__ = [
    "ask_to_join", "change_password", "change_profile", "change_role", "confirm_email", "create_group", "create_token",
    "end_other_sessions", "end_session", "end_sessions",
    "grant_role", "hold_role", "join", "leave", "lock_unless_changed", "make_administrator", "open_session",
    "register", "rehash_password", "remove_member", "remove_second_factor_of", "rename", "rename_person",
    "renew_session", "reset_password", "revoke_token", "send_confirmation", "set_group_text", "set_member",
    "set_password", "set_sign_up", "set_site_text", "sign_out",
]  # fmt: skip
