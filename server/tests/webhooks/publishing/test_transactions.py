"""What a transaction or savepoint has undone was never published, and tells nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from anthyx_server import db, events
from server.tests.webhooks.publishing.subscribers import deliveries, feed, subscribe
from tests.support.apps import Account


class UndoneError(Exception):
    """What undoes a transaction or savepoint."""


def publish(account: Account, event_type: str) -> None:
    events.publish(account.caller, event_type, ("post", "post_1"), {})


@contextmanager
def savepoint(*, is_undone: bool = False) -> Iterator[None]:
    with suppress(UndoneError), db.db.session.begin_nested():
        yield
        if is_undone:
            raise UndoneError


def told(account: Account) -> tuple[list[str], list[str]]:
    """The types in the feed and those on their way, of posts."""
    in_feed = [row.type for row in feed(account) if row.type.startswith("post.")]
    return in_feed, [row.event_type for row in deliveries(account)]


def test_a_rollback_leaves_nothing(account: Account) -> None:
    subscribe(account, "post.*")
    with account.app.app_context():
        with suppress(UndoneError), db.transaction():
            publish(account, "post.created")
            db.db.session.flush()
            raise UndoneError
        with db.transaction():
            publish(account, "post.updated")
    assert told(account) == (["post.updated"], ["post.updated"])


def test_savepoints_undo_what_was_published_in_them_and_nothing_else(account: Account) -> None:
    subscribe(account, "post.*")
    with account.app.app_context(), db.transaction():
        with savepoint(is_undone=True):  # before anything else was published
            publish(account, "post.failed")
        publish(account, "post.created")
        with savepoint():
            publish(account, "post.updated")
            with savepoint(is_undone=True):
                publish(account, "post.failed")
            publish(account, "post.approved")
        with savepoint(is_undone=True):
            publish(account, "post.failed")
            with savepoint():
                publish(account, "post.failed")
        publish(account, "post.scheduled")
    kept = ["post.created", "post.updated", "post.approved", "post.scheduled"]
    assert told(account) == (kept, kept)


def test_an_open_savepoint_goes_with_the_one_around_it(account: Account) -> None:
    subscribe(account, "post.*")
    with account.app.app_context(), db.transaction():
        publish(account, "post.created")
        outer = db.db.session.begin_nested()
        publish(account, "post.failed")
        db.db.session.begin_nested()
        publish(account, "post.failed")
        outer.rollback()
        publish(account, "post.updated")
    assert told(account) == (["post.created", "post.updated"],) * 2


def test_a_commit_that_fails_leaves_nothing(account: Account) -> None:
    subscribe(account, "post.*")

    def fail() -> None:
        raise UndoneError

    with account.app.app_context(), suppress(UndoneError), db.transaction():
        publish(account, "post.created")
        db.before_commit(fail)
    assert told(account) == ([], [])
