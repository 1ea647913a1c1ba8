"""No sequence of actions reaches a state or an event that the contract does not allow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from server.tests.posts.conftest import make_channel
from server.tests.posts.test_lifecycle import put_into, types
from tests.support.apps import Account, make_account, make_settings, open_app
from tests.support.redis import RedisServer

EDITS: dict[str, Any] = {
    "content": st.sampled_from(["a", "b"]),
    "targets": st.sampled_from(["one", "none"]),
    "notes": st.sampled_from(["", "x"]),
    "tags": st.sampled_from([[], ["t"]]),
    "scheduled_at": st.sampled_from([None, "2031-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z"]),
}
APPROVED_FIELDS = {"content", "targets"}
FINAL = {"published", "partially_published"}


class Machine(RuleBasedStateMachine):
    """A post beside a model of it: what may be done, what it becomes, and what is told."""

    account: Account
    brand_id: str
    channel_id: str

    def __init__(self) -> None:
        super().__init__()
        body = {"brand_id": self.brand_id, "content": "a", "targets": self._targets("one")}
        self.post: dict[str, Any] = self.account.post("/posts", json=body).get_json()
        self.told = ["created"]
        self.is_deleted = False

    @property
    def path(self) -> str:
        return f"/posts/{self.post['id']}"

    @property
    def state(self) -> str:
        return str(self.post["state"])

    def _targets(self, which: str) -> list[dict[str, str]]:
        return [{"channel_id": self.channel_id}] if which == "one" else []

    def _sent(self, action: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        answer = self.account.post(f"{self.path}/{action}", json=body)
        return answer.status_code, answer.get_json()

    def _became(self, document: dict[str, Any], state: str, *events: str) -> None:
        assert document["state"] == state
        assert document["version"] == self.post["version"] + 1
        self.post = document
        self.told += events

    @rule(name=st.sampled_from(sorted(EDITS)), data=st.data())
    def edit(self, name: str, data: st.DataObject) -> None:
        value = data.draw(EDITS[name])
        sent = self._targets(value) if name == "targets" else value
        answer = self.account.patch(self.path, json={name: sent})
        document = answer.get_json()
        if self.is_deleted:
            assert answer.status_code == 404
            return
        shown = self.post[name]
        is_same = len(sent) == len(shown) if name == "targets" else sent == shown
        if is_same:
            assert (answer.status_code, document) == (200, self.post)
        elif self.state == "publishing":
            assert (answer.status_code, document["code"]) == (409, "invalid_state")
        elif self.state in FINAL and name != "notes":
            assert (answer.status_code, document["code"]) == (409, "post_read_only")
        elif self.state == "approved" and name == "scheduled_at" and (value or "9") < "2026":
            assert (answer.status_code, document["code"]) == (422, "scheduled_in_past")
        else:
            self._edited(name, document)

    def _edited(self, name: str, document: dict[str, Any]) -> None:
        events = ["updated"]
        state = self.state
        if name in APPROVED_FIELDS and state in {"approved", "failed"}:
            events += ["unapproved"] if state == "approved" else []
            state = "draft"
        if name == "scheduled_at" and state == "approved":
            events.append("scheduled")
        self._became(document, state, *events)

    @rule(version=st.sampled_from(["current", "older", "none"]))
    def approve(self, version: str) -> None:
        number = self.post["version"] - (version == "older")
        body = {} if version == "none" else {"version": max(number, 1)}
        status, document = self._sent("approve", body)
        if self.is_deleted:
            assert status == 404
        elif version == "none":
            assert (status, document["code"]) == (428, "version_required")
        elif body["version"] != self.post["version"]:
            assert status == 412
        elif self.state != "draft":
            assert (status, document["code"]) == (409, "invalid_state")
        elif self._is_publishable():
            self._became(document, "approved", "approved", "scheduled")
            assert document["scheduled_at"] > document["approved_at"]
        else:
            assert status == 422

    def _is_publishable(self) -> bool:
        time, is_ours = self.post["scheduled_at"], self.post["schedule_source"] == "best_time"
        return bool(self.post["targets"]) and (is_ours or (time or "9") > "2026")

    @rule()
    def unapprove(self) -> None:
        self._reviewed("unapprove", None, "approved", "unapproved")

    @rule()
    def request_changes(self) -> None:
        events = ("changes_requested", "comment.created")
        self._reviewed("request-changes", {"comment": "x"}, "draft", *events)

    def _reviewed(self, action: str, body: Any, only_from: str, *events: str) -> None:
        status, document = self._sent(action, body)
        if self.is_deleted:
            assert status == 404
        elif self.state != only_from:
            assert (status, document["code"]) == (409, "invalid_state")
            assert document["state"] == self.state
        else:
            self._became(document, "draft", *events)

    @rule()
    def comment(self) -> None:
        status, _ = self._sent("comments", {"text": "x"})
        assert status == (404 if self.is_deleted else 201)
        self.told += [] if self.is_deleted else ["comment.created"]

    @rule()
    def delete(self) -> None:
        answer = self.account.delete(self.path)
        if self.is_deleted:
            assert answer.status_code == 404
        elif self.state == "publishing" or self.state in FINAL:
            assert answer.status_code == 409
        else:
            assert answer.status_code == 204
            self.is_deleted = True
            self.told.append("deleted")

    @precondition(lambda self: not self.is_deleted)
    @rule(state=st.sampled_from(["publishing", "published", "partially_published", "failed"]))
    def be_published(self, state: str) -> None:
        """What publishing will do, in its own time."""
        if self.state in {"approved", "publishing"}:
            put_into(self.account, self.post["id"], state)
            self.post = self.account.get(self.path).get_json()

    @invariant()
    def what_is_shown_and_told_is_what_was_done(self) -> None:
        if not self.is_deleted:
            assert self.account.get(self.path).get_json() == self.post
        assert types(self.account, self.post["id"]) == self.told


@pytest.mark.timeout(120)
def test_no_sequence_of_actions_breaks_the_rules(
    sqlite_url: str, redis_server: RedisServer, tmp_path: Path
) -> None:
    with open_app(make_settings(tmp_path, sqlite_url, redis_server.url)) as app:
        account = make_account(app)
        brand_id = account.post("/brands", json={"name": "Acme"}).get_json()["id"]
        channel_id = make_channel(account, brand_id)

        class Run(Machine):
            def __init__(self) -> None:
                # A key's minute is used up within seconds.
                type(self).account = account.with_key()
                super().__init__()

        Run.brand_id, Run.channel_id = brand_id, channel_id
        run_state_machine_as_test(
            Run,
            settings=settings(
                max_examples=20,
                stateful_step_count=16,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
