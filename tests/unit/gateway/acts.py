"""Something that a decision is about, in each service, and those who decide."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from contracts.moderation import AnswerAppeal, Appeal, Decide, Measure
from contracts.people import SignIn
from core.audience import STRANGER, Viewer
from gateway.moderation.targets import target_at
from tests.unit.gateway.harness import PASSWORD, Robot, SystemHarness, plan_event

KINDS = ("topic", "post", "article", "event")


class Act:
    """Something of Amina's, and the moderators Mina, who decides about it, and Nora, who answers the appeal."""

    def __init__(self, system: SystemHarness, kind: str) -> None:
        self.kind, self.system, self.people = kind, system, system.services.people
        self.amina = system.robot("Amina")
        system.robot("Nora", "moderator")
        self.path, self.api = getattr(self, f"_{kind}")()
        self.id = self.api.rpartition("/")[2]
        system.drain()

    def _topic(self) -> tuple[str, str]:
        body = {"language": "en", "title": "Wells", "body": "Where?", "category": "help"}
        topic = self.amina.post("/topics", body).json
        return f"/talk/t/{topic['id']}", f"/topics/{topic['id']}"

    def _post(self) -> tuple[str, str]:
        topic = self.system.robot("Boris").post(
            "/topics", {"language": "en", "title": "Wells", "body": "Where?", "category": "help"}
        )
        post = self.amina.post(f"/topics/{topic.json['id']}/posts", {"body": "There."}).json
        return f"/talk/p/{post['id']}", f"/posts/{post['id']}"

    def _article(self) -> tuple[str, str]:
        body = {"language": "en", "title": "Wells", "body": "Two.", "category": "stories"}
        path = f"/articles/{self.amina.post('/articles', body).json['id']}"
        self.amina.post(f"{path}/submit", {})
        out = self.system.robot("Edith").post(f"{path}/publish", {})
        return f"/news/{out.json['slug']}", path

    def _event(self) -> tuple[str, str]:
        event = plan_event(self.system, "A walk")
        return f"/events/{event['id']}", f"/events/{event['id']}"

    def viewer(self, name: str) -> Viewer:
        return self.people.sign_in(STRANGER, SignIn(name=name, password=SecretStr(PASSWORD))).viewer

    def decide(self, *measures: Measure, **changes: Any) -> str:
        """Let Boris report it and Mina decide; returns the decision's id."""
        boris = self.viewer("Boris")
        self.people.report(boris, target_at(self.system.services, boris, self.path).report("spam", ""))
        return self.decided(*measures, **changes)

    def decided(self, *measures: Measure, **changes: Any) -> str:
        """Let Mina decide on what was reported; returns the decision's id."""
        mina = self.viewer("Mina")
        case = self.people.cases(mina, False, None, 10).items[0].id
        self.people.claim_case(mina, case)
        decided = self.people.decide_case(
            mina, case, Decide(measures=list(measures), reason="spam", words="No.", **changes)
        )
        self.system.drain()
        assert decided.decision is not None
        return decided.decision.id

    def overturn(self, decision_id: str) -> None:
        nora = self.viewer("Nora")
        self.people.appeal(self.viewer("Amina"), decision_id, Appeal(words="Why?"))
        # Beside it there may be the case itself, open again since a part of the decision could not be carried out.
        cases = self.people.cases(nora, False, None, 10).items
        case = next(each.id for each in cases if each.is_appeal)
        self.people.claim_case(nora, case)
        self.people.answer_appeal(nora, case, AnswerAppeal(overturn=True, words="Right."))
        self.system.drain()

    def is_there(self) -> bool:
        """Whether strangers read it."""
        answer = Robot(self.system).get(self.api)
        return answer.status_code == 200 and not answer.json.get("deleted", False)
