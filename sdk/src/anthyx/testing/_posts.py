"""Posts of the fake API: drafts and their review."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import _contract
from ._answers import Answer, Refused, invalid, invalid_field, with_etag
from ._brands import existing_brand
from ._contract import with_defaults
from ._operations import matching, merged, page, plays
from ._state import Caller, Record, State, shown

_FILTERS = ("brand_id", "state", "campaign", "assignee")
# What makes an approved post a draft again.
_REOPENS = frozenset({"content", "format", "thread", "media", "targets"})
_PENDING = {"status": "pending", "by": None, "at": None, "comment": None}


@plays("list_posts")
def _list_posts(state: State, caller: Caller, _: Mapping[str, str]) -> Answer:
    query = caller.call.query
    found = matching(state.all("posts", caller), query, *_FILTERS)
    if "review_status" in query:
        found = [each for each in found if each["review"]["status"] == query["review_status"]]
    if "tag" in query:
        found = [each for each in found if query["tag"] in each["tags"]]
    return page(found, caller)


@plays("get_post")
def _get_post(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    return with_etag(shown(state.one("posts", caller, ids["post_id"])))


@plays("create_post")
def _create_post(state: State, caller: Caller, _: Mapping[str, str]) -> Answer:
    return with_etag(shown(_create(state, caller, caller.call.json)), 201)


def _create(state: State, caller: Caller, body: Record) -> Record:
    values = with_defaults("CreatePost", body)
    existing_brand(state, caller, values["brand_id"])
    values["targets"] = _targets(state, caller, values["targets"])
    values |= {
        "state": "draft",
        "review": dict(_PENDING),
        "schedule_source": "explicit" if values["scheduled_at"] else None,
        "author": caller.actor,
        "error": None,
        "approved_at": None,
        "published_at": None,
    }
    post = state.add("posts", caller, "post", values)
    state.publish(caller, "post.created", post)
    return post


def _targets(state: State, caller: Caller, given: list[Record]) -> list[Record]:
    channels = {each["id"]: each for each in state.all("channels", caller)}
    targets = []
    for number, target in enumerate(given):
        channel = channels.get(target["channel_id"])
        if channel is None:
            raise invalid_field(f"/targets/{number}/channel_id", "There is no such channel.")
        targets.append(
            {
                "channel_id": channel["id"],
                "platform": channel["platform"],
                "content_override": target.get("content_override"),
                "state": "pending",
                "external_id": None,
                "external_url": None,
                "published_at": None,
                "attempts": 0,
                "error": None,
            }
        )
    return targets


@plays("update_post")
def _update_post(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    post = state.one("posts", caller, ids["post_id"])
    values: dict[str, Any] = merged(caller.call.json, post)
    defaults = with_defaults("CreatePost", {"brand_id": post["brand_id"]})
    values = {name: defaults[name] if value is None else value for name, value in values.items()}
    if "targets" in values:
        values["targets"] = _targets(state, caller, values["targets"])
    if "scheduled_at" in values:
        values["schedule_source"] = "explicit" if values["scheduled_at"] else None
    before = state.change(post, values)
    if before:
        state.publish(caller, "post.updated", post, before)
    if _REOPENS & set(before) and post["state"] == "approved":
        _reopen(state, caller, post)
    return with_etag(shown(post))


@plays("delete_post")
def _delete_post(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    post = state.one("posts", caller, ids["post_id"])
    state.remove("posts", post)
    state.publish(caller, "post.deleted", post)
    return Answer(204)


@plays("approve_post")
def _approve_post(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    post = state.one("posts", caller, ids["post_id"])
    version = caller.call.json.get("version")
    if version is None and "if-match" not in caller.call.headers:
        raise Refused(428, "version_required")
    return with_etag(shown(_approve(state, caller, post, version)))


def _approve(state: State, caller: Caller, post: Record, version: int | None) -> Record:
    if version is not None and version != post["version"]:
        raise Refused(412, "precondition_failed")
    _require(post, "draft")
    if not post["targets"]:
        raise invalid_field("/targets", "A post needs at least one target.")
    moment = state.moment()
    if post["scheduled_at"] is not None and post["scheduled_at"] < moment:
        raise invalid(
            [{"code": "scheduled_in_past", "detail": "This is past.", "pointer": "/scheduled_at"}]
        )
    review = {"status": "approved", "by": caller.actor, "at": moment, "comment": None}
    state.change(post, {"state": "approved", "review": review, "approved_at": moment})
    state.publish(caller, "post.approved", post)
    state.publish(caller, "post.scheduled", post)
    return post


@plays("unapprove_post")
def _unapprove_post(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    post = state.one("posts", caller, ids["post_id"])
    _require(post, "approved")
    _reopen(state, caller, post)
    return with_etag(shown(post))


@plays("request_changes_to_post")
def _request_changes(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    post = state.one("posts", caller, ids["post_id"])
    _require(post, "draft")
    text = caller.call.json["comment"]
    review = {
        "status": "changes_requested",
        "by": caller.actor,
        "at": state.moment(),
        "comment": text,
    }
    state.change(post, {"review": review})
    state.publish(caller, "post.changes_requested", post)
    _comment(state, caller, post, text)
    return with_etag(shown(post))


@plays("list_comments")
def _list_comments(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    post = state.one("posts", caller, ids["post_id"])
    found = [each for each in state.all("comments", caller) if each["_post"] == post["id"]]
    return page([_shown_comment(each) for each in found], caller)


@plays("create_comment")
def _create_comment(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    post = state.one("posts", caller, ids["post_id"])
    comment = _comment(state, caller, post, caller.call.json["text"])
    return Answer(201, _shown_comment(comment))


def _comment(state: State, caller: Caller, post: Record, text: str) -> Record:
    values = {"author": caller.actor, "text": text, "_post": post["id"]}
    comment = state.add("comments", caller, "cmt", values)
    event = state.publish(caller, "post.comment.created", post)
    event["data"]["object"] = _shown_comment(comment)
    return comment


def _shown_comment(comment: Record) -> Record:
    return {name: comment[name] for name in ("id", "author", "text", "created_at")}


@plays("bulk_create_posts")
def _bulk_create(state: State, caller: Caller, _: Mapping[str, str]) -> Answer:
    def act(body: Record) -> Record:
        problems = _contract.problems("CreatePost", body)
        if problems:
            raise invalid(problems)
        return _create(state, caller, body)

    return _each(caller, 201, act)


@plays("bulk_approve_posts")
def _bulk_approve(state: State, caller: Caller, _: Mapping[str, str]) -> Answer:
    def act(item: Record) -> Record:
        post = state.one("posts", caller, item["id"])
        return _approve(state, caller, post, item["version"])

    return _each(caller, 200, act)


def _each(caller: Caller, status: int, act: Callable[[Record], Record]) -> Answer:
    outcomes = [_outcome(each, status, act) for each in caller.call.json]
    data = [{"index": index, **outcome} for index, outcome in enumerate(outcomes)]
    return Answer(data={"data": data})


def _outcome(item: Any, status: int, act: Callable[[Record], Record]) -> Record:
    try:
        return {"status": status, "post": shown(act(item))}
    except Refused as refused:
        return {"status": refused.status, "error": refused.answer("").data}


def _require(post: Record, wanted: str) -> None:
    if post["state"] != wanted:
        raise Refused(409, "invalid_state", f"The post is {post['state']}.", state=post["state"])


def _reopen(state: State, caller: Caller, post: Record) -> None:
    state.change(post, {"state": "draft", "review": dict(_PENDING), "approved_at": None})
    state.publish(caller, "post.unapproved", post)
