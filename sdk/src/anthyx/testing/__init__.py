"""A fake Anthyx API for the tests of your programs: `pip install 'anthyx[testing]'`.

    def test_it_drafts_a_post(fake_anthyx):
        draft_weekly_post()                  # your code, which makes its own Anthyx()
        (event,) = fake_anthyx.events
        assert event["type"] == "post.created"

The fixture `fake_anthyx` comes with the package's pytest plugin. Without pytest:
`with FakeAnthyx().installed() as fake: …`, or `FakeAnthyx().client()`.
"""

from ._clock import VirtualClock
from ._fake import FakeAnthyx, UnmatchedCallError
from ._state import Call
from ._webhooks import Delivery

__all__ = ["Call", "Delivery", "FakeAnthyx", "UnmatchedCallError", "VirtualClock"]
