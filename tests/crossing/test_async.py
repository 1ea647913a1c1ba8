"""The async client against a running server: what a customer does, in tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from anthyx import AsyncAnthyx, BadRequestError, ConflictError, NotFoundError, ValidationError
from tests.crossing.conftest import Running
from tests.support.apps import make_account

pytestmark = pytest.mark.enable_socket

Act = Callable[[AsyncAnthyx], Awaitable[None]]


@pytest.fixture
def act(running: Running) -> Callable[[Act], None]:
    """Runs a coroutine function with a client of a new workspace, in test mode."""
    account = make_account(running.app, "growth", mode="test")

    async def main(do: Act) -> None:
        async with AsyncAnthyx(account.token, base_url=f"{running.url}/v1") as client:
            await do(client)

    return lambda do: asyncio.run(main(do))


def test_records_are_made_found_changed_and_deleted(act: Callable[[Act], None]) -> None:
    async def do(client: AsyncAnthyx) -> None:
        made = await asyncio.gather(*(client.brands.create(name=f"Brand {n}") for n in range(5)))
        assert {each.id for each in made} == {
            each.id async for each in client.brands.list(page_size=2)
        }
        assert len((await client.brands.list(limit=3).page()).data) == 3
        changed = await client.brands.update(made[0], description="Bread", if_match=made[0])
        assert (changed.description, changed.version) == ("Bread", made[0].version + 1)
        post = await client.posts.create(brand_id=changed.id, content="Fresh bread")
        with pytest.raises(ValidationError) as refused:
            await client.posts.approve(post)
        assert [error.pointer for error in refused.value.errors] == ["/targets"]
        with pytest.raises(ConflictError):
            await client.brands.delete(changed)
        await client.posts.delete(post)
        await client.brands.delete(changed)
        with pytest.raises(NotFoundError):
            await client.brands.get(changed.id)
        assert (await client.whoami()).mode == "test"

    act(do)


def test_events_are_followed_until_the_task_is_cancelled(act: Callable[[Act], None]) -> None:
    async def do(client: AsyncAnthyx) -> None:
        seen: asyncio.Queue[str] = asyncio.Queue()

        async def follow() -> None:
            async for event in client.events.follow(after="oldest", types="brand.*"):
                await seen.put(event.type)

        following = asyncio.create_task(follow())
        brand = await client.brands.create(name="Blue Bakery")
        assert await seen.get() == "brand.created"
        await client.brands.archive(brand)
        assert await seen.get() == "brand.archived"
        following.cancel()  # in the middle of a wait of 20 s
        with pytest.raises(asyncio.CancelledError):
            await following
        with pytest.raises(BadRequestError):
            await client.events.list(after="evt_x").page()

    act(do)


def test_leaked_keys_are_reported(act: Callable[[Act], None]) -> None:
    async def do(client: AsyncAnthyx) -> None:
        made = await client.api_keys.create(name="Lost", scopes=["brands:read"])
        assert (await client.leaked_keys.report(tokens=[made.secret])).received == 1
        assert (await client.api_keys.get(made)).revoked_reason == "leaked"
        assert (await client.openapi())["openapi"] == "3.1.0"

    act(do)
