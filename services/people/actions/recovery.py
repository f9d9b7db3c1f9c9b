"""Commands that reset a password or change an address, in several transactions: see `sign_in`."""

from __future__ import annotations

import logging

from bus.mail.delivery import Mailer, RecipientRefused
from bus.outbox.tasks import enqueue
from contracts.people import Account, AskReset, ChangeEmail, ResetPassword
from core import clock
from core.audience import Viewer
from core.database import Database
from core.ids import new_id
from services.people import access_rules, passwords, queries, rules
from services.people.actions import accounts, emails, sign_in, tries
from services.people.tasks import FindAccounts, SendAccountMail

log = logging.getLogger(__name__)


def ask_reset(database: Database, viewer: Viewer, command: AskReset) -> None:
    """Have links sent that set a new password. Raises `TooMany("resets-too-many")`, by the network alone."""
    with database.writing() as session:
        tries.count_reset(session, viewer)
        enqueue(session, FindAccounts(id=new_id(), typed=command.account, asked_at=clock.now()))


def reset_password(database: Database, viewer: Viewer, command: ResetPassword) -> None:
    """Set a new password by a link, once; all sessions, tokens and other links of the account end.

    Raises `NotFound("link-over")`, `password-short`, `password-like-name`, `password-common`.
    """
    token, new = command.token.get_secret_value(), command.new.get_secret_value()
    with database.reading() as session:
        name = queries.reset(session, viewer, token).name
    rules.check_password(new, name, field="new")
    password_hash = sign_in.HASHING.run(passwords.hashed, new)
    with database.writing() as session:
        accounts.reset_password(session, token, password_hash)


def change_email(database: Database, viewer: Viewer, command: ChangeEmail) -> Account:
    """Change one's own address.

    Raises `password-wrong` (field `password`), `email-shape`, `TooMany("mails-too-many")`, and as signing in.
    """
    access_rules.checked_email(command.email)
    password_hash = sign_in.check_own_password(database, viewer, command.password)
    with database.writing() as session:
        return emails.change_email(session, viewer, command.email, password_hash)


def send_mail(database: Database, mailer: Mailer, task: SendAccountMail, key: str) -> None:
    """Send a mail about an account, unless it would be wrong by now."""
    with database.writing() as session:
        letter = emails.write_letter(session, task)
    if letter is None:
        return
    try:
        mailer.send(task.template, letter.language, letter.params, task.email, key, task.asked_at)
    except RecipientRefused as error:
        # Nothing for an operator to mend: anybody may sign up with an address that isn't there. The person is told.
        log.info("a mail about an account was refused: %s", error)
        with database.writing() as session:
            emails.note_refusal(session, task)
