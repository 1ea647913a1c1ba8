"""What a program does with the API, written down so that two APIs can be compared.

Each scenario takes a client and yields what it saw: values, or how a call was refused. Ids and
times differ from run to run and are replaced in `told`. A release freezes a copy of this file: it
uses nothing but the public client.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from anthyx import Anthyx, APIStatusError, Retry

Scenario = Callable[[Anthyx], Iterator[object]]

_ID = re.compile(r"\b[a-z]{2,5}_(?:[0-9a-z]{26}|[0-9a-f]{24}|fake_[0-9]+)\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_HIDDEN = frozenset(
    {"last4", "secret_last4", "secret", "request_id", "last_used_at", "last_used_ip"}
)


def told(scenario: Scenario, client: Anthyx) -> list[object]:
    """What a scenario saw, without what differs from run to run."""
    ids: dict[str, str] = {}
    return [_plain(each, ids) for each in scenario(client)]


def _plain(value: Any, ids: dict[str, str]) -> object:
    as_dict = getattr(value, "to_dict", None)
    if as_dict is not None:
        return _plain(as_dict(), ids)
    if isinstance(value, dict):
        return {name: _plain(value[name], ids) for name in sorted(value) if name not in _HIDDEN}
    if isinstance(value, (list, tuple)):
        return [_plain(each, ids) for each in value]
    if isinstance(value, str):
        numbered = _ID.sub(lambda found: ids.setdefault(found[0], f"id {len(ids)}"), value)
        return _TIME.sub("a time", numbered)
    return value


def refusal(call: Callable[[], object]) -> object:
    """How a call is refused: status, code, and where the problems are."""
    try:
        call()
    except APIStatusError as error:
        places = sorted((each.code, each.pointer or each.parameter) for each in error.errors)
        return [error.status, error.code, places]
    return "not refused"


def brands(client: Anthyx) -> Iterator[object]:
    """Make, change, list and delete brands."""
    acme = client.brands.create(name="Acme", metadata={"crm": "7"})
    yield acme
    yield client.brands.get(acme)
    changed = client.brands.update(acme, description="Bread", metadata={"crm": None, "a": "b"})
    yield changed
    yield client.brands.update(acme, description="Bread").version
    yield refusal(lambda: client.brands.update(acme, name="X", if_match='"1"'))
    yield refusal(lambda: client.brands.create(name="acme"))
    yield refusal(lambda: client.brands.get("brand_" + "0" * 26))
    yield client.brands.archive(acme).status
    yield refusal(lambda: client.brands.update(acme, description="no"))
    yield client.brands.unarchive(acme).archived_at
    client.brands.delete(acme)
    yield refusal(lambda: client.brands.delete(acme))
    yield [event.type for event in client.events.list(types=["brand.*"])]


def bad_input(client: Anthyx) -> Iterator[object]:
    """Bodies and queries that can't be right."""
    post = client.with_options(retry=Retry.NONE).request
    yield refusal(lambda: post("POST", "/brands", json={}))
    yield refusal(lambda: post("POST", "/brands", json={"name": "a", "nothing": 1}))
    yield refusal(lambda: post("POST", "/brands", json={"name": 7}))
    yield refusal(lambda: post("POST", "/brands", json={"name": "a", "voice": {"x": 1}}))
    yield refusal(lambda: post("GET", "/brands", query={"nothing": "1"}))
    yield refusal(lambda: post("GET", "/brands", query={"limit": 0}))
    yield refusal(lambda: post("GET", "/brands", query={"cursor": "made-up"}))


def pages(client: Anthyx) -> Iterator[object]:
    """Walk a list in pages, while it grows."""
    for number in range(5):
        client.brands.create(name=f"Brand {number}")
    first = client.brands.list(page_size=2).page()
    yield [brand.name for brand in first], first.has_more
    client.brands.create(name="Late")
    cursor = first.next_cursor
    rest = list(client.brands.list(page_size=2, cursor=cursor))
    yield [brand.name for brand in rest]
    yield [brand.name for brand in client.brands.list(limit=3)]
    yield refusal(lambda: client.brands.list(status="active", cursor=cursor).page())


def idempotency(client: Anthyx) -> Iterator[object]:
    """Send a request twice."""
    first = client.brands.create(name="Once", idempotency_key="k1")
    again = client.brands.create(name="Once", idempotency_key="k1")
    yield first == again, first.response.idempotency_replayed, again.response.idempotency_replayed
    yield refusal(lambda: client.brands.create(name="Twice", idempotency_key="k1"))
    yield [brand.name for brand in client.brands.list()]


def posts(client: Anthyx) -> Iterator[object]:
    """Write a post, have it reviewed, change it."""
    brand = client.brands.create(name="Acme")
    channel = client.channels.create(brand_id=brand.id, platform="linkedin", name="Acme")
    yield channel
    post = client.posts.create(
        brand_id=brand.id, content="Hi", targets=[{"channel_id": channel.id}], tags=["a"]
    )
    yield post
    yield refusal(lambda: client.posts.create(brand_id="brand_" + "0" * 26))
    yield client.posts.request_changes(post, comment="Shorter").review.status
    yield [comment.text for comment in client.posts.list_comments(post)]
    post = client.posts.update(post, content="Hi.", scheduled_at=None)
    yield refusal(lambda: client.posts.approve(post, version=1))
    yield refusal(lambda: client.request("POST", f"/posts/{post.id}/approve"))
    approved = client.posts.approve(post)
    yield approved.state, approved.review.status
    yield refusal(lambda: client.posts.approve(approved))
    yield client.posts.update(approved, notes="x").state
    yield client.posts.update(approved, content="Ho").state
    yield refusal(lambda: client.posts.unapprove(post))
    yield refusal(lambda: client.brands.delete(brand))
    outcomes = client.posts.bulk_create([{"brand_id": brand.id}, {"content": "lost"}])
    yield [each.status for each in outcomes.data]
    yield [each.state for each in client.posts.list(tag="a")]
    client.posts.delete(post)
    client.channels.delete(channel)
    types = [event.type for event in client.events.list(types=["post.*", "channel.*"])]
    yield types


def keys(client: Anthyx) -> Iterator[object]:
    """See and end the key at hand."""
    me = client.whoami()
    yield me.status, me.mode, me.prefix
    yield refusal(client.api_keys.list().page)
    yield client.workspace.get().plan
    yield [(window.name, window.limit) for window in client.usage.get().windows]
    client.api_keys.delete_current()
    yield refusal(client.whoami)


def limits(client: Anthyx) -> Iterator[object]:
    """Use up the minute."""
    eager = client.with_options(rate_limit="ignore", retry=Retry.NONE)
    answers = [refusal(lambda: eager.brands.get("brand_" + "0" * 26)) for _ in range(61)]
    yield answers[0], answers[-1]
    left = eager.rate_limit
    yield left.limit, left.remaining
    yield refusal(eager.whoami)


def webhooks(client: Anthyx) -> Iterator[object]:
    """Make an endpoint, change it, turn it off."""
    endpoint = client.webhook_endpoints.create(
        url="https://93.184.216.34/hook", event_types=["post.*"], headers={"X-Own": "a"}
    )
    yield endpoint, len(endpoint.secret), endpoint.secret.startswith("whsec_")
    yield client.webhook_endpoints.get(endpoint)
    yield client.webhook_endpoints.update(endpoint, description="Mine", max_in_flight=2)
    yield refusal(lambda: client.webhook_endpoints.get_secret(endpoint))
    yield refusal(lambda: client.webhook_endpoints.create(url="https://a.example", event_types=[]))
    yield [each.url for each in client.webhook_endpoints.list()]
    off = client.webhook_endpoints.disable(endpoint)
    yield off.status, off.disabled_reason, off.health.state
    client.webhook_endpoints.delete(endpoint)
    yield refusal(lambda: client.webhook_endpoints.get(endpoint))


SCENARIOS: tuple[Scenario, ...] = (
    brands,
    bad_input,
    pages,
    idempotency,
    posts,
    keys,
    limits,
    webhooks,
)
