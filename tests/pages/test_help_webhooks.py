"""The help page on setting up webhooks, done as it says, in a browser."""

from __future__ import annotations

import hashlib
import hmac
import re

import pytest
from playwright.sync_api import expect

from tests.help_page.page import shows
from tests.pages.browsing import Browsing
from tests.pages.site import Team
from tests.support.apps import wait_until
from tests.support.receiver import Answer, Received, running_receiver


@shows(
    "Webhooks deliver real-time event notifications to your endpoint.",
    "Go to Settings → Integrations → Webhooks → Add endpoint and enter your destination URL.",
    "Select which events to subscribe to (see the full event list in the Integrations guide).",
    (
        "Anthyx signs each request with an HMAC-SHA256 signature using your webhook secret: "
        "`X-Anthyx-Signature: sha256=<hex_digest>`"
    ),
    "Verify this signature in your endpoint handler before processing the payload.",
    "Unverified requests should be rejected with a 400 status.",
)
@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("is_phone", [False, True], ids=["desk", "phone"])
def test_setting_up_webhooks(team: Team, browsing: Browsing, is_phone: bool) -> None:
    page = browsing.sign_in(team.owner, is_phone=is_phone)
    account = team.account()
    page.goto("/settings/integrations/webhooks/new")
    with running_receiver() as receiver:
        main = page.get_by_role("navigation", name="Main")
        expect(main).to_contain_text(re.compile(r"Settings.*Integrations.*Webhooks", re.DOTALL))
        main.get_by_role("link", name="Webhooks").click()
        expect(page.get_by_text("Settings → Integrations → Webhooks", exact=True)).to_be_visible()
        page.get_by_role("link", name="Add endpoint", exact=True).click()
        expect(page.get_by_text("Enter your destination URL.")).to_be_visible()
        page.get_by_label("Destination URL").fill(receiver.url())
        for each in account.get("/event-types").get_json()["data"]:
            expect(
                page.get_by_role("checkbox", name=re.compile(f"^{each['name']} "))
            ).to_be_visible()
        page.get_by_role("checkbox", name="brand.created A brand was created.").check()
        page.get_by_role("button", name="Add endpoint").click()
        secret = page.get_by_label("Secret", exact=True).inner_text()

        def take(request: Received) -> Answer:
            digest = hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
            is_signed = request.headers["x-anthyx-signature"] == f"sha256={digest}"
            return Answer(204 if is_signed else 400)

        receiver.answer = take
        brand_id = account.post("/brands", json={"name": "Acme"}).get_json()["id"]
        account.patch(f"/brands/{brand_id}", json={"name": "Acme Inc."})
        page.get_by_role("link", name="Go on to your endpoint").click()

        def is_delivered() -> bool:
            page.reload()
            return page.get_by_text("204 No Content", exact=True).count() == 1

        wait_until(is_delivered, 20.0)
        assert [each.headers["x-anthyx-event"] for each in receiver.received] == ["brand.created"]
        secret = "whsec_another"
        page.get_by_role("button", name="Send test event").click()
        expect(page.get_by_text("Your server answered 400 Bad Request.")).to_be_visible()
