"""What can be wrong with workspaces and members, told to whoever asked in one line."""

from __future__ import annotations


class WorkspaceNotFoundError(Exception):
    """There is no such workspace."""


class MemberError(Exception):
    """A member can't be made, changed or removed as was asked; the message says why.

    `field` is what is wrong of that which was asked for: `email`, `role` or `brands`.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class MemberNotFoundError(MemberError):
    """There is no such member in the workspace."""


class SeatsTakenError(MemberError):
    """The plan has no seat left."""


class PasswordRefusedError(MemberError):
    """The password is too short or too long."""


class LinkInvalidError(MemberError):
    """The link was never made, was used, is replaced by a newer one, or its time is over.

    Which of these is not told: a guess learns nothing.
    """
