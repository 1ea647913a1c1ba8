"""Settings → Workspace: name, time zone, what the plan allows, notices."""

from __future__ import annotations

from flask import Flask

from anthyx_server import db, events
from anthyx_server.ids import new_id
from tests.support.apps import issue_key
from tests.support.visiting import Team, make_team, rows


def test_name_and_time_zone_change_with_an_audit_entry(team: Team) -> None:
    browser = team.browser()
    answer = browser.post("/settings/workspace", name=" A <b> ", timezone="Europe/Berlin")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings/workspace")
    page = browser.get("/settings/workspace").text
    assert "A &lt;b&gt;" in page
    assert "<option selected>Europe/Berlin</option>" in page
    (entry,) = [
        row for row in rows(team.app, "audit_entries") if row["action"] == "workspace.updated"
    ]
    assert entry["detail"]["previous"] == {"name": "Acme", "timezone": "UTC"}
    assert entry["actor"]["type"] == "user"
    browser.post("/settings/workspace", name="A <b>", timezone="Europe/Berlin")
    actions = [row["action"] for row in rows(team.app, "audit_entries")]
    assert actions.count("workspace.updated") == 1


def test_what_is_wrong_is_told_at_its_field_and_kept(team: Team) -> None:
    browser = team.browser()
    for name, timezone in (("", "UTC"), ("x" * 101, "UTC"), ("Kept", "Mars/Base")):
        answer = browser.post("/settings/workspace", name=name, timezone=timezone)
        assert answer.status_code == 422
        assert '<p class="problem"' in answer.text
        assert f'value="{name}"' in answer.text
    assert rows(team.app, "workspaces")[0]["name"] == "Acme"


def test_the_plan_is_shown_with_what_is_used(app: Flask) -> None:
    team = make_team(app, plan="starter")
    issue_key(app, team.workspace_id)
    text = " ".join(team.browser().get("/settings/workspace").text.split())
    assert '<td>API keys</td> <td class="number">1</td> <td class="number">5</td>' in text
    assert '<td>Seats</td> <td class="number">1</td> <td class="number">3</td>' in text
    assert "5,000" in text


def test_notices_of_others_are_not_shown(team: Team) -> None:
    other = make_team(team.app, owner="other@example.com")
    key = {"id": new_id("key"), "name": "<Zap>", "prefix": "anthyx_live_", "last4": "abcd"}
    shown = key | {"mode": "live", "expires_at": "2026-12-01T00:00:00.000Z"}
    with team.app.app_context(), db.transaction():
        events.publish(team.caller, "api_key.expiring", ("api_key", key["id"]), shown)
    page = team.browser().get("/settings/workspace").text
    assert "The API key “&lt;Zap&gt;” expires soon" in page
    assert "not mailed" in page
    assert "expires soon" not in other.browser("other@example.com").get("/settings/workspace").text
