"""Settings → Audit log: who did what, when and from where.

It stands here and not beside the log, which lies below the pages' common ground.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from anthyx_server import audit
from anthyx_server.csv_answers import csv_answer
from anthyx_server.dashboard.filters import given_filters
from anthyx_server.dashboard.guard import Answer, page
from anthyx_server.dashboard.rendering import download, new_blueprint, render
from anthyx_server.dashboard.sessions import Visitor
from anthyx_server.tenancy import Caller
from anthyx_server.workspaces import list_members

blueprint = new_blueprint("audit_pages", __name__)

_schema = audit.ListAuditLogQuerySchema()
_NAMES = ("action", "actor_id", "target_type", "target_id")
_PER_PAGE, _PER_READ = 25, 100
# A spreadsheet takes them, and reading them takes a second or two; the API has all.
MOST_IN_FILE = 10_000


@page(blueprint, "/settings/audit-log", permission="manage_settings")
def show_audit_log(visitor: Visitor) -> Answer:
    """One page of the entries, newest first."""
    given = given_filters(_schema, (*_NAMES, "cursor"))
    entries = audit.list_entries(visitor.caller, given.values | {"limit": _PER_PAGE})
    return render(
        "dashboard/audit_log.html",
        422 if given.problems else 200,
        given=given,
        entries=entries["data"],
        next_cursor=entries["next_cursor"],
        actions=audit.list_actions(visitor.caller),
        members=list_members(visitor.workspace.id),
        in_words=in_words,
        most_in_file=MOST_IN_FILE,
    )


@page(blueprint, "/settings/audit-log.csv", permission="manage_settings")
def download_audit_log(visitor: Visitor) -> Answer:
    """The entries that the filters leave, newest first, as a file."""
    given = given_filters(_schema, _NAMES)
    entries = list(_entries(visitor.caller, given.values | {"limit": _PER_READ}))
    header, rows = audit.as_table({"data": entries[:MOST_IN_FILE]})
    return download(csv_answer(header, rows), "audit-log.csv")


def _entries(caller: Caller, arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The entries, page by page, until there are enough for a file."""
    for _ in range(MOST_IN_FILE // _PER_READ):
        entries = audit.list_entries(caller, arguments)
        yield from entries["data"]
        if entries["next_cursor"] is None:
            return
        arguments = arguments | {"cursor": entries["next_cursor"]}


def in_words(action: str) -> str:
    """An action as people say it: `api_key.created` is "API key created"."""
    noun, _, verb = action.partition(".")
    words = f"{noun} {verb}".replace("_", " ").replace(".", " ").strip()
    return f"API{words[3:]}" if words.startswith("api ") else words[:1].upper() + words[1:]
