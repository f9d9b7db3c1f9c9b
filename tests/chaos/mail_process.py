"""Takes a mail, or handles those that were taken, in a process that may be killed on the way:
`python -m tests.chaos.mail_process take|handle PLAN`, with the settings in the environment.

`take` reads the mail from standard input, to the recipient that SPACE_TEST_RECIPIENT names, and prints a line once it
is taken. `PLAN` names fault points (`bus.ops.fault_points`).
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta

from bus.ops.fault_points import arm
from bus.outbox.store import OutboxStore, Outcome
from contracts.forum import ForumApi
from contracts.notify import NotifyApi
from contracts.people import PeopleApi
from core import clock
from core.mail_addresses import MailAddresses
from core.settings import Settings
from services.mail.actions import handling
from services.mail.actions.receiving import take
from services.mail.sources import Sources
from services.mail.tasks import HandleMail
from space.local import LocalSystem


def take_one(system: LocalSystem) -> None:
    addresses = MailAddresses.of(system.settings)
    assert addresses is not None
    recipient = os.environ["SPACE_TEST_RECIPIENT"]
    take(system.databases["mail"], addresses, sys.stdin.buffer.read(), "sam@x.example", [recipient])
    sys.stdout.write("taken\n")


def handle_all(system: LocalSystem) -> None:
    proxy, database = system.client.proxy, system.databases["mail"]
    sources = Sources(proxy(PeopleApi, "people"), proxy(ForumApi, "forum"), proxy(NotifyApi, "notify"))
    store = OutboxStore(database)
    # Later than the claims of a process that died end.
    with clock.at(clock.now() + timedelta(minutes=int(os.environ.get("SPACE_TEST_MINUTES", "0")))):
        for claimed in store.claim(HandleMail.kind, 10):
            handling.handle(database, system.settings, sources, HandleMail(**claimed.data))
            store.record([Outcome(claimed.key)])


if __name__ == "__main__":
    running = LocalSystem(Settings.from_environment())
    arm(sys.argv[2])
    (take_one if sys.argv[1] == "take" else handle_all)(running)
    running.close()
