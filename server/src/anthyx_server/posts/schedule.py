"""When an approved post is to be published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from anthyx_server import clock
from anthyx_server.channels import PLATFORMS
from anthyx_server.errors import ValidationFailed
from anthyx_server.posts import best_time
from anthyx_server.posts.errors import ScheduledInPast
from anthyx_server.posts.models import Post, PostTarget
from anthyx_server.workspaces import get_workspace

Entries = list[dict[str, str]]


def settle(post: Post, targets: Sequence[PostTarget]) -> None:
    """Give an approved post, whose time was changed, a time that it can be published at.

    Raises:
        ScheduledInPast, ValidationFailed: the time that it has can't be kept.
    """
    platforms = [target.platform for target in targets]
    fill(post, platforms)
    refuse(problems(post.scheduled_at, platforms))


def fill(post: Post, platforms: Sequence[str]) -> None:
    """Put the best time where there is none, or where an earlier best time has passed."""
    moment = clock.now()
    is_ours = post.schedule_source == "best_time"
    if post.scheduled_at is not None and not (is_ours and post.scheduled_at <= moment):
        return
    zone = ZoneInfo(get_workspace(post.workspace_id).timezone)
    post.scheduled_at = best_time.next_best(platforms, moment, zone)
    post.schedule_source = "best_time"


def problems(scheduled_at: datetime | None, platforms: Sequence[str]) -> Entries:
    """Why nothing can be published on these platforms at this time; blank times are fine."""
    if scheduled_at is None:
        return []
    moment = clock.now()
    found: Entries = []
    if scheduled_at <= moment:
        found.append(_entry(ScheduledInPast.code, "This time has passed.", "/scheduled_at"))
    for index, name in enumerate(platforms):
        days = PLATFORMS[name].max_days_ahead
        if days is not None and scheduled_at > moment + timedelta(days=days):
            detail = f"On {name}, at most {days} days ahead."
            found.append(_entry("scheduled_too_far", detail, f"/targets/{index}"))
    return found


def _entry(code: str, detail: str, pointer: str) -> dict[str, str]:
    return {"code": code, "detail": detail, "pointer": pointer}


def refuse(entries: Entries) -> None:
    """Raise what was found, if anything was.

    Raises:
        ScheduledInPast: that the time has passed is all there is.
        ValidationFailed: with every problem.
    """
    if not entries:
        return
    if [entry["code"] for entry in entries] == [ScheduledInPast.code]:
        raise ScheduledInPast(entries[0]["detail"], errors=entries)
    what = "1 problem" if len(entries) == 1 else f"{len(entries)} problems"
    raise ValidationFailed(f"The post has {what}: see errors.", errors=entries)
