"""The table of publishing: a write alone, with its event, and with deliveries to endpoints."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter

from anthyx_server import clock, db, events
from anthyx_server.brands import Brand
from anthyx_server.brands.naming import name_key, slugify
from anthyx_server.brands.views import present
from anthyx_server.ids import new_id
from anthyx_server.tenancy import Caller
from anthyx_server.webhooks import WebhookEndpoint
from tests.bench import naive_publishing
from tests.bench.world import World, example_brand, open_world
from tests.support.apps import make_account

ENDPOINTS = (0, 3, 20)
_VALUES = example_brand(0)
_VALUES["metadata_"] = _VALUES.pop("metadata")
Publish = Callable[[Caller, Brand], None]


@dataclass(frozen=True)
class Variant:
    """One row of the table: what a commit writes beside the brand, and for whom."""

    title: str
    caller: Caller
    publish: Publish
    rates: list[float] = field(default_factory=list)

    def over(self, other: Variant) -> float:
        """The median over the rounds of this variant's rate by the other's."""
        pairs = zip(self.rates, other.rates, strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)


def table(database: str, rounds: int, seconds: float) -> str:
    """Measure all variants in turn, round by round; commits per second as Markdown."""
    with open_world(database) as world, world.account.app.app_context():
        variants = list(_variants(world))
        for turn in range(rounds):
            shift = turn % len(variants)
            for variant in variants[shift:] + variants[:shift]:
                variant.rates.append(_rate(variant, seconds))
    bare = variants[0]
    lines = ["| each commit writes | commits/s | of the bare write |", "|---|--:|--:|"]
    lines += [
        f"| {one.title} | {statistics.median(one.rates):,.0f} | {one.over(bare):.2f} |"
        for one in variants
    ]
    return "\n".join(lines)


def _variants(world: World) -> Iterator[Variant]:
    callers = {count: _workspace(world, count) for count in ENDPOINTS}
    yield Variant("a brand, nothing else", callers[0], _publish_nothing)
    for title, publish in (("naive", naive_publishing.publish), ("**ours**", _publish)):
        for count, caller in callers.items():
            to = f"an event for {count} endpoints" if count else "an event"
            yield Variant(f"{title}: a brand and {to}", caller, publish)


def _workspace(world: World, count: int) -> Caller:
    """Make a workspace with so many endpoints that are told of everything."""
    caller = make_account(world.account.app).caller
    moment = clock.now()
    with db.transaction():
        for number in range(count):
            db.db.session.add(
                WebhookEndpoint(
                    workspace_id=caller.workspace_id,
                    mode=caller.mode,
                    id=new_id("we"),
                    url=f"https://{number}.example.com/",
                    event_types=["brand.*", "post.*"],
                    header_names=[],
                    secret_last4="....",
                    max_in_flight=8,
                    status="enabled",
                    labels={},
                    created_by={},
                    version=1,
                    created_at=moment,
                    updated_at=moment,
                )
            )
    return caller


def _rate(variant: Variant, seconds: float) -> float:
    """Commits per second of one thread."""
    for _ in range(20):
        _commit(variant)
    count, start = 0, perf_counter()
    while (elapsed := perf_counter() - start) < seconds:
        _commit(variant)
        count += 1
    return count / elapsed


def _commit(variant: Variant) -> None:
    with db.transaction():
        brand = _brand(variant.caller)
        db.db.session.add(brand)
        variant.publish(variant.caller, brand)
    db.db.session.remove()


def _brand(caller: Caller) -> Brand:
    brand_id, moment = new_id("brand"), clock.now()
    return Brand(
        id=brand_id,
        workspace_id=caller.workspace_id,
        mode=caller.mode,
        name_key=name_key(brand_id),
        slug=slugify(brand_id, brand_id),
        status="active",
        version=1,
        created_at=moment,
        updated_at=moment,
        **_VALUES | {"name": brand_id},
    )


def _publish_nothing(_caller: Caller, _brand: Brand) -> None:
    pass


def _publish(caller: Caller, brand: Brand) -> None:
    db.db.session.flush()
    about = ("brand", brand.id)
    events.publish(caller, "brand.created", about, present(brand), brand_id=brand.id)
