"""Usage in the browser: what a person reads off it, and the numbers as a file."""

from __future__ import annotations

import csv

from playwright.sync_api import expect

from tests.pages.browsing import Browsing, too_wide
from tests.pages.site import Team
from tests.support.apps import call

PATH = "/settings/integrations/usage"


def test_requests_against_the_limit_as_a_chart_a_table_and_a_file(
    browsing: Browsing, team: Team
) -> None:
    account = team.account(name="Zapier integration")
    answers = [call(f"{team.site.url}/v1/brands", account.token)[0] for _ in range(63)]
    # A minute may end meanwhile: then nothing is refused.
    accepted, refused = answers.count(200), answers.count(429)
    assert accepted + refused == 63
    page = browsing.sign_in(team.owner)
    page.get_by_role("link", name="Usage").click()
    expect(page.get_by_role("img", name="Requests per hour, Zapier integration")).to_be_visible()
    newest = page.get_by_role("region", name="The numbers").get_by_role("row").nth(1)
    expect(newest.get_by_role("cell").nth(1)).to_have_text(str(accepted))
    expect(newest.get_by_role("cell").nth(2)).to_have_text(str(refused))
    expect(page.get_by_text(f"{accepted} of 5,000")).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download CSV").click()
    assert started.value.suggested_filename == "usage-by-hour.csv"
    with started.value.path().open(encoding="utf-8", newline="") as file:
        last = list(csv.DictReader(file))[-1]
    assert (last["accepted"], last["limited"]) == (str(accepted), str(refused))
    page.get_by_label("Time").select_option("Last 30 days, by day")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("img", name="Requests per day, Zapier integration")).to_be_visible()
    expect(page.get_by_text("Limit: 5,000 a day")).to_be_visible()


def test_on_a_phone(browsing: Browsing, team: Team) -> None:
    for number in range(3):
        team.account(name=f"A key with a long name, number {number}")
    page = browsing.sign_in(team.owner, is_phone=True, is_dark=True)
    page.goto(PATH)
    expect(page.get_by_role("img", name="Requests per hour, all keys")).to_be_visible()
    assert too_wide(page) == []
    page.get_by_role("link", name="A key with a long name, number 2").click()
    expect(page.get_by_text("208 an hour")).to_be_visible()
    assert too_wide(page) == []
