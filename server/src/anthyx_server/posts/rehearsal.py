"""The dry run: what would be made of a post, without making it."""

from __future__ import annotations

from typing import Any

from anthyx_server.posts import approval, references, schedule
from anthyx_server.tenancy import Caller


def rehearse(caller: Caller, values: dict[str, Any]) -> dict[str, Any]:
    """All that would keep these values from being approved as a post.

    Raises:
        BrandArchived, ValidationFailed: not even a draft could be made of them.
    """
    brand_id = references.hold_brand(caller, values["brand_id"])
    channels = references.require_references(caller, brand_id, values)
    platforms = {channel.id: channel.platform for channel in channels.values()}
    whole, judged = approval.judge(caller, values, platforms)
    of_time = schedule.problems(
        values["scheduled_at"], [platforms[target.channel_id] for target in judged]
    )
    targets = [
        {"channel_id": each.channel_id, "platform": each.platform, "problems": each.problems}
        for each in judged
    ]
    problems = whole + of_time
    return {
        "is_valid": not problems and not any(target["problems"] for target in targets),
        "targets": targets,
        "problems": problems,
    }
