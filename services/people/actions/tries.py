"""Counts attempts to sign in or up, before anything is hashed: docs/decisions/0013-counting-guesses.md."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bus.rpc.context import origin
from contracts.errors import TooMany
from core import clock
from core.audience import Viewer
from core.names import name_key
from services.people import access_rules, case_rules, own_rules, passwords, rules
from services.people.tables import SignInWindow, SpentAllowance
from services.shared.limits import Allowance


@dataclass(frozen=True)
class Attempt:
    """One attempt with a name from one `place`: a network, a known device, or the session of the person themselves.

    `peer` is the network's key, `""` if the attempt does not count against it.
    """

    name: str
    place: str
    peer: str = ""

    @classmethod
    def of(cls, viewer: Viewer, name: str) -> Attempt:
        """The attempt that this call makes."""
        if viewer.person_id and name_key(viewer.name or "") == name_key(name.strip()):
            return cls(name, f"person {viewer.person_id}")
        place = origin()
        if place.device:
            return cls(name, f"device {place.device}")
        return cls(name, f"peer {place.peer}" if place.peer else "", place.peer)

    @property
    def window_key(self) -> str:
        """The key of the attempts with this name from this place."""
        return passwords.token_hash(f"{name_key(self.name.strip())}\n{self.place}")

    @property
    def allowances(self) -> list[tuple[str, str, Allowance]]:
        """Code of the refusal, key and allowance of each one that this attempt spends."""
        if not self.peer:
            return []
        return [
            ("sign-in-tries", _key("name", name_key(self.name.strip())), rules.SIGN_INS_OF_A_NAME),
            ("sign-ins-too-many", _key("peer", self.peer), rules.FAILURES_OF_A_PEER),
        ]


def count(session: Session, attempt: Attempt) -> None:
    """Count an attempt, whether or not there is such an account.

    Raises `TooMany("sign-in-tries")` beyond the limits of the name, and `TooMany("sign-ins-too-many")` beyond those of
    the network.
    """
    now = clock.now()
    over = SignInWindow.since <= now - rules.SIGN_IN_WINDOW
    # One statement, so that simultaneous attempts can't exceed the limit.
    since, tries = session.execute(
        _insert(session)(SignInWindow)
        .values(name_hash=attempt.window_key, since=now, tries=1)
        .on_conflict_do_update(
            index_elements=[SignInWindow.name_hash],
            set_={
                "since": case((over, now), else_=SignInWindow.since),
                "tries": case((over, 1), else_=SignInWindow.tries + 1),
            },
        )
        .returning(SignInWindow.since, SignInWindow.tries)
    ).one()
    rules.check_tries(tries, (since + rules.SIGN_IN_WINDOW - now).total_seconds())
    for code, key, allowance in attempt.allowances:
        _spend(session, code, key, allowance)


def forget(session: Session, attempt: Attempt) -> None:
    """Give back what a successful attempt took, and delete what is too old to count."""
    over = SignInWindow.since <= clock.now() - rules.SIGN_IN_WINDOW
    session.execute(delete(SignInWindow).where((SignInWindow.name_hash == attempt.window_key) | over))
    for _, key, allowance in attempt.allowances:
        _give_back(session, key, allowance)
    session.execute(delete(SpentAllowance).where(SpentAllowance.whole_at <= clock.now()))


def count_sign_up(session: Session, viewer: Viewer) -> None:
    """Count a new account. Raises `TooMany("sign-ups-too-many")` beyond what one network may make."""
    if (peer := origin().peer) and not rules.unlimited(viewer):
        _spend(session, "sign-ups-too-many", _key("sign-up", peer), rules.SIGN_UPS_OF_A_PEER)


def forget_sign_up(session: Session, viewer: Viewer) -> None:
    """Give back what a refused sign-up took."""
    if (peer := origin().peer) and not rules.unlimited(viewer):
        _give_back(session, _key("sign-up", peer), rules.SIGN_UPS_OF_A_PEER)


def count_sign_up_request(session: Session) -> None:
    """Count a request for an account. Raises `TooMany("sign-up-requests-too-many")` beyond those of one network."""
    if peer := origin().peer:
        key = _key("sign-up-request", peer)
        _spend(session, "sign-up-requests-too-many", key, rules.SIGN_UP_REQUESTS_OF_A_PEER)


def count_reset(session: Session, viewer: Viewer) -> None:
    """Count a request for a link that sets a password. Raises `TooMany("resets-too-many")`, whoever's it is."""
    if (peer := origin().peer) and not rules.unlimited(viewer):
        session.execute(delete(SpentAllowance).where(SpentAllowance.whole_at <= clock.now()))
        _spend(session, "resets-too-many", _key("reset", peer), access_rules.RESETS_OF_A_PEER)


def count_mail(session: Session, purpose: access_rules.LinkPurpose, person_id: str, address: str) -> None:
    """Count a link to an address for an account. Raises `TooMany("mails-too-many")`."""
    key = _key(f"mail {purpose}", f"{person_id} {address}")
    _spend(session, "mails-too-many", key, access_rules.MAILS_OF_AN_ACCOUNT)
    # A reset goes only to who has confirmed the address.
    if purpose == "confirm":
        key = _key(f"mail {purpose}", address)
        _spend(session, "mails-too-many", key, access_rules.CONFIRMATIONS_OF_AN_ADDRESS)


def count_export(session: Session, person_id: str) -> None:
    """Count an export of somebody's data. Raises `TooMany("exports-too-many")`."""
    _spend(session, "exports-too-many", _key("export", person_id), own_rules.EXPORTS_OF_A_PERSON)


def count_report(session: Session) -> None:
    """Count a stranger's report. Raises `TooMany("reports-too-many")` beyond what one network may report."""
    if peer := origin().peer:
        _spend(session, "reports-too-many", _key("report", peer), case_rules.REPORTS_OF_A_PEER)


def count_kept_form(session: Session) -> None:
    """Count a form that is kept for a stranger. Raises `TooMany("forms-too-many")` beyond what one network may have."""
    if peer := origin().peer:
        _spend(session, "forms-too-many", _key("form", peer), access_rules.KEPT_FORMS_OF_A_PEER)


def count_invitation(session: Session, viewer: Viewer) -> None:
    """Count an invitation to a group. Raises `TooMany("invitations-many")` beyond what one person may send."""
    if not rules.unlimited(viewer):
        _spend(
            session, "invitations-many", _key("invite", viewer.person_id or ""), rules.INVITATIONS_OF_A_PERSON
        )


def _spend(session: Session, code: str, key: str, allowance: Allowance) -> None:
    first = _insert(session)(SpentAllowance).values(key=key, whole_at=clock.now())
    session.execute(first.on_conflict_do_nothing())
    row = _locked(session, key)
    whole_at, wait = allowance.spent(row.whole_at if row else None)
    if wait:
        raise TooMany(code, params={"seconds": int(wait.total_seconds()) + 1})
    if row is not None:
        row.whole_at = whole_at
        session.flush()


def _give_back(session: Session, key: str, allowance: Allowance) -> None:
    row = _locked(session, key)
    if row is not None:
        row.whole_at -= allowance.every
        session.flush()


def _locked(session: Session, key: str) -> SpentAllowance | None:
    """The row, locked, so that of those who count at the same moment each sees what the others spent."""
    one = select(SpentAllowance).where(SpentAllowance.key == key).with_for_update()
    return session.scalar(one.execution_options(populate_existing=True))


def _insert(session: Session) -> type[postgresql.Insert] | type[sqlite.Insert]:
    return postgresql.Insert if session.get_bind().dialect.name == "postgresql" else sqlite.Insert


def _key(kind: str, of: str) -> str:
    return passwords.token_hash(f"{kind}\n{of}")
