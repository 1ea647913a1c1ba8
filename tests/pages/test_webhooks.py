"""Webhook endpoints in the browser: added, tried out, rotated, looked at when they fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from anthyx.webhooks import WebhookVerificationError, verify
from tests.pages.browsing import Browsing, copied, too_wide
from tests.pages.keyboard import press, press_until
from tests.pages.site import Team
from tests.support.apps import Account, wait_until
from tests.support.receiver import Answer, Received, Receiver, running_receiver
from tests.support.webhooks import add_delivery

WEBHOOKS = "/settings/integrations/webhooks"
SECONDS = 20.0
at_desk_and_on_phone = pytest.mark.parametrize("is_phone", [False, True], ids=["desk", "phone"])
pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A customer's server on this machine."""
    with running_receiver() as receiver:
        yield receiver


@dataclass
class Customer:
    """What a customer's server does with each request: it verifies, and notes the outcome."""

    receiver: Receiver
    secrets: list[str]

    def __post_init__(self) -> None:
        self.verified: list[str] = []
        self.receiver.answer = self.take

    def take(self, request: Received) -> Answer:
        """204 for what is signed with one of the secrets, else 400."""
        try:
            event = verify(request.body, request.headers, self.secrets)
        except WebhookVerificationError:
            return Answer(400, body=b"<b>not signed by Anthyx</b>")
        self.verified.append(event.type)
        return Answer(204)


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def link(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def add(page: Page, url: str, *events: str) -> None:
    """From the list to the page that shows the secret."""
    page.goto(WEBHOOKS)
    page.get_by_role("link", name="Add endpoint", exact=True).first.click()
    page.get_by_label("Destination URL").fill(url)
    for name in events or ("All events",):
        page.get_by_role("checkbox", name=re.compile(f"^{re.escape(name)}")).check()
    button(page, "Add endpoint")
    expect(page.get_by_role("heading", name="Your endpoint is there")).to_be_visible()


def copy_secret(page: Page) -> str:
    shown = page.get_by_label("Secret", exact=True)
    page.locator(".copyable").filter(has=shown).get_by_role("button").click()
    expect(page.get_by_role("button", name="Copied", exact=True)).to_be_visible()
    secret = copied(page)
    assert secret == shown.inner_text()
    return secret


def rotate(page: Page) -> str:
    """Give the endpoint a new secret; it."""
    link(page, "Rotate secret")
    button(page, "Rotate secret")
    expect(page.get_by_role("heading", name="What to do now")).to_be_visible()
    assert too_wide(page) == []
    return copy_secret(page)


@at_desk_and_on_phone
def test_from_adding_an_endpoint_to_a_new_secret(
    team: Team, browsing: Browsing, receiver: Receiver, is_phone: bool
) -> None:
    page = browsing.sign_in(team.owner, is_phone=is_phone, is_dark=is_phone)
    add(page, receiver.url(), "post.created", "all of brand.*")
    assert too_wide(page) == []
    old = copy_secret(page)
    customer = Customer(receiver, [old])
    button(page, "Send test event")
    expect(page.get_by_text("Received.")).to_be_visible()
    assert customer.verified == ["webhook_endpoint.test"]

    link(page, "Go on to your endpoint")
    expect(page.get_by_text("all of brand.*", exact=False).first).to_be_visible()
    account = team.account()
    account.post("/brands", json={"name": "Acme"})
    wait_until(lambda: customer.verified[1:] == ["brand.created"], SECONDS)

    new = rotate(page)
    assert page.get_by_label("Old secret", exact=True).inner_text() == old != new
    button(page, "Send test event")
    expect(page.get_by_text("Received.")).to_be_visible()
    latest = receiver.received[-1].headers
    assert latest["x-anthyx-signature"] != latest["x-anthyx-signature-next"]

    customer.secrets[:] = [new]
    button(page, "Activate the new secret")
    expect(page.get_by_text("The new secret is active")).to_be_visible()
    assert too_wide(page) == []
    button(page, "Send test event")
    expect(page.get_by_text("Received.")).to_be_visible()
    assert "x-anthyx-signature-next" not in receiver.received[-1].headers
    assert customer.verified[-2:] == ["webhook_endpoint.test"] * 2
    assert too_wide(page) == []


def test_a_failing_endpoint_says_why_and_what_to_change(
    team: Team, browsing: Browsing, receiver: Receiver
) -> None:
    page = browsing.sign_in(team.owner)
    add(page, receiver.url())
    Customer(receiver, ["whsec_" + "A" * 44])
    button(page, "Send test event")
    result = page.locator("#test-result")
    expect(result).to_contain_text("Your server answered 400 Bad Request.")
    expect(result).to_contain_text("check that it uses this endpoint's secret")
    link(page, "Go on to your endpoint")
    expect(page.get_by_text("Healthy")).to_be_visible()

    account = team.account()
    account.post("/brands", json={"name": "Acme"})
    wait_until(lambda: shows(page, "Failing since"), SECONDS)
    expect(page.locator(".note.bad")).to_contain_text("Your server answered 400 Bad Request.")
    row = page.get_by_role("row").filter(has_text="brand.created")
    expect(row).to_contain_text("1 of 10")
    expect(row).to_contain_text(re.compile(r"in (under a minute|\d minutes)|now"))
    row.get_by_role("link", name="brand.created").click()
    expect(page.get_by_label("Body of the response")).to_have_text("<b>not signed by Anthyx</b>")
    expect(page.get_by_label("Body of the request")).to_contain_text('"type":"brand.created"')

    receiver.answer = lambda _request: Answer(204)
    button(page, "Resend")
    expect(page.get_by_text("Received.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="sent again by hand")).to_be_visible()
    page.get_by_role("link", name=receiver.url()).click()
    expect(page.get_by_text("Healthy")).to_be_visible()


def shows(page: Page, text: str) -> bool:
    page.reload()
    return text in page.inner_text("main")


def test_what_was_missed_comes_when_it_is_enabled_again(
    team: Team, browsing: Browsing, receiver: Receiver
) -> None:
    page = browsing.sign_in(team.owner)
    add(page, receiver.url())
    link(page, "Go on to your endpoint")
    button(page, "Disable")
    dialog = page.get_by_role("dialog", name="Disable this endpoint?")
    dialog.get_by_role("button", name="Disable endpoint").click()
    expect(page.get_by_text("Somebody disabled this endpoint.")).to_be_visible()
    team.account().post("/brands", json={"name": "Acme"})
    link(page, "Enable")
    expect(page.get_by_label("Send all that it missed, oldest first")).to_be_checked()
    button(page, "Enable endpoint")
    expect(page.get_by_text("1 delivery was put in line again")).to_be_visible()
    wait_until(lambda: len(receiver.received) == 1, SECONDS)
    assert receiver.received[0].headers["x-anthyx-event"] == "brand.created"


def test_what_failed_is_resent_together(team: Team, browsing: Browsing, receiver: Receiver) -> None:
    page = browsing.sign_in(team.owner)
    add(page, receiver.url())
    endpoint_id = page.url.split("/")[-2]
    account: Account = team.account()
    account.post("/brands", json={"name": "Acme"})
    wait_until(lambda: len(receiver.received) == 1, SECONDS)
    event_id = receiver.received[0].event_id
    for _ in range(3):
        add_delivery(account, endpoint_id, status="dead", event_id=event_id)
    link(page, "Go on to your endpoint")
    link(page, "Resend failed…")
    page.get_by_label("the last hour").check()
    button(page, "Count them first")
    expect(page.get_by_role("heading", name="Resend 3 deliveries?")).to_be_visible()
    assert len(receiver.received) == 1
    button(page, "Resend 3 deliveries")
    expect(page.get_by_text("3 deliveries were put in line again")).to_be_visible()
    wait_until(lambda: len(receiver.received) == 4, SECONDS)


def test_problems_are_next_to_their_fields(owner_page: Page) -> None:
    page = owner_page
    page.goto(f"{WEBHOOKS}/new")
    page.get_by_label("Destination URL").fill("https://user:word@example.com/")
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Custom headers").fill("Host: elsewhere")
    button(page, "Add endpoint")
    url = page.get_by_label("Destination URL")
    expect(url).to_have_attribute("aria-invalid", "true")
    expect(url).to_have_value("https://user:word@example.com/")
    expect(page.locator("#url-problem")).to_be_visible()
    expect(page.locator("#headers-problem")).to_contain_text("This header is ours to set.")
    expect(page.locator("#event_types-problem")).to_have_text("Choose at least one event.")


def test_pressing_twice_makes_one_endpoint(
    team: Team, owner_page: Page, receiver: Receiver
) -> None:
    page = owner_page
    page.goto(f"{WEBHOOKS}/new")
    page.get_by_label("Destination URL").fill(receiver.url())
    page.get_by_role("checkbox", name=re.compile("^All events")).check()
    page.get_by_role("button", name="Add endpoint").dblclick()
    expect(page.get_by_role("heading", name="Your endpoint is there")).to_be_visible()
    assert len(team.account().get("/webhook-endpoints").get_json()["data"]) == 1


def test_by_keyboard_alone(owner_page: Page, receiver: Receiver) -> None:
    page = owner_page
    customer = Customer(receiver, [])
    page.goto(WEBHOOKS)
    press(page, "Add endpoint", "Add endpoint")
    press_until(page, "Destination URL")
    page.keyboard.type(receiver.url())
    press_until(page, "all of post.*")
    page.keyboard.press("Space")
    press(page, "Add endpoint", "Your endpoint is there")
    customer.secrets.append(page.get_by_label("Secret", exact=True).inner_text())
    press_until(page, "Send test event")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Received.")).to_be_visible()
    assert customer.verified == ["webhook_endpoint.test"]
    press_until(page, "Go on to your endpoint")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Over time")).to_be_visible()
    press(page, "Delete", "Delete this endpoint?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("link", name="Delete")).to_be_focused()
    page.keyboard.press("Enter")
    press(page, "Delete endpoint", "No endpoint yet")


def test_without_script_everything_works(
    team: Team, browsing: Browsing, receiver: Receiver
) -> None:
    page = browsing.sign_in(team.owner, java_script_enabled=False)
    add(page, receiver.url())
    Customer(receiver, [page.get_by_label("Secret", exact=True).inner_text()])
    button(page, "Send test event")
    expect(page.get_by_role("heading", name="webhook_endpoint.test")).to_be_visible()
    wait_until(lambda: shows(page, "Received."), SECONDS)
    page.get_by_role("link", name=receiver.url()).click()
    link(page, "Delete")
    button(page, "Delete endpoint")
    expect(page.get_by_role("heading", name="No endpoint yet")).to_be_visible()
