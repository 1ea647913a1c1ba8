"""Every page of the application, and what has to be there to see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

from anthyx_server import db, workspaces
from anthyx_server.app import create_app
from anthyx_server.dashboard import is_guarded
from anthyx_server.tenancy import system_caller
from tests.pages.sent import make_delivery, make_endpoint
from tests.pages.site import Person, Team
from tests.pages.writing import use, write_posts
from tests.support.apps import make_settings

# Parts of pages, which are asked for by pages that show them.
PARTS = {"key_pages.show_first_call"}
# What a browser downloads, and what only leads elsewhere.
NO_PAGES = {
    "audit_pages.download_audit_log",
    "sign_in.show_start",
    "usage_pages.download_usage",
}
_NOT_FOR_PEOPLE = ("/v1/", "/static/", "/healthz", "/readyz")
_VARIABLE = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """A path that answers GET, of one view."""

    endpoint: str
    rule: str

    @property
    def is_for_strangers(self) -> bool:
        """True for pages that are seen before one has signed in."""
        return not is_guarded(self.endpoint)


@dataclass(frozen=True)
class Seeded:
    """A workspace in which every page shows something."""

    team: Team
    person: Person
    ids: dict[str, str] = field(default_factory=dict)

    def path(self, route: Route) -> str:
        """The path of a page here.

        Raises:
            KeyError: no seed makes what the page is about: add it to SEEDS.
        """

        def value(found: re.Match[str]) -> str:
            # The same word may stand for different things.
            return self.ids.get(f"{route.endpoint} {found[1]}") or self.ids[found[1]]

        return _VARIABLE.sub(value, route.rule)


def routes(app: Flask) -> list[Route]:
    """What answers GET and is for people."""
    return [
        Route(rule.endpoint, rule.rule)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith(_NOT_FOR_PEOPLE)
    ]


def all_routes() -> list[Route]:
    """The routes of an application that nothing is asked of."""
    here = Path()
    return routes(create_app(make_settings(here, "sqlite://", "unix:///nowhere")))


def _a_key(team: Team) -> str:
    account = team.account(
        name="Zapier integration", ip_allowlist=["203.0.113.0/24", "2001:db8::/32"]
    )
    return account.key_id


def _an_endpoint(team: Team) -> str:
    return make_endpoint(team.account())


def _a_delivery(team: Team) -> str:
    return make_delivery(team.account())


def _a_post(team: Team) -> str:
    account = team.account(name="Editorial")
    use(account)
    return write_posts(account)


def _a_member(team: Team) -> str:
    return team.person("editor").member_id


def _an_invite(team: Team) -> str:
    caller = system_caller(team.workspace_id, "live")
    with team.site.app.app_context(), db.transaction():
        link = workspaces.invite(caller, "invited@example.com", "editor").link
        return link.path.rpartition("/")[2]


def _a_reset(team: Team) -> str:
    caller = system_caller(team.workspace_id, "live")
    with team.site.app.app_context(), db.transaction():
        return workspaces.offer_reset(caller, team.owner.email).path.rpartition("/")[2]


# What the variables of paths stand for, where need be of one view; made in this order.
SEEDS: dict[str, Callable[[Team], str]] = {
    "key_id": _a_key,
    "member_id": _a_member,
    "post_id": _a_post,
    "links.show_invite token": _an_invite,
    "links.show_reset token": _a_reset,
    "endpoint_id": _an_endpoint,
    "delivery_id": _a_delivery,
}


def seed(team: Team) -> Seeded:
    """Make something of everything."""
    return Seeded(team, team.owner, {name: make(team) for name, make in SEEDS.items()})
