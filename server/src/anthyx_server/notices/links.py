"""The mails that carry a link: an invite, and a new password."""

from __future__ import annotations

from anthyx_server.notices.service import at, in_one_line, page_url, tell_member
from anthyx_server.workspaces import Member, NewLink, Workspace


def tell_invite(workspace: Workspace, member: Member, link: NewLink, invited_by: str) -> None:
    """Mail an invite to whom it is for."""
    name = in_one_line(workspace.name, 100)
    lines = [
        f"{in_one_line(invited_by)} invited you to the workspace “{name}” on Anthyx.",
        "",
        (
            f"Choose a password and you are in. The link holds once, until "
            f"{at(workspace, link.expires_at)}:"
        ),
    ]
    _tell(member, "member.invited", f"You are invited to “{name}” on Anthyx", lines, link)


def tell_reset(workspace: Workspace, member: Member, link: NewLink) -> None:
    """Mail a link for a new password to the member who forgot theirs."""
    lines = [
        (
            f"Somebody, probably you, asked for a new password for {member.email} in the workspace "
            f"“{in_one_line(workspace.name, 100)}”. If it was not you, do nothing: yours holds."
        ),
        "",
        f"The link holds once, until {at(workspace, link.expires_at)}:",
    ]
    _tell(member, "member.reset_offered", "Set a new password for Anthyx", lines, link)


def _tell(member: Member, kind: str, subject: str, lines: list[str], link: NewLink) -> None:
    url = page_url(link.path)
    tell_member(member, kind, subject, "\n".join(lines), link=url, ends_at=link.expires_at)
