"""What a form holds, read as a JSON body would be and judged by the same schemas."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import g, request
from marshmallow import Schema
from sqlalchemy import select

from anthyx_server import clock
from anthyx_server.dashboard.models import SentForm
from anthyx_server.dashboard.sessions import Visitor
from anthyx_server.db import db
from anthyx_server.errors import ApiError
from anthyx_server.inputs import load
from anthyx_server.workspaces import MemberError, lock_workspace


class Problems(dict[str, str]):
    """What is wrong with a form, by field; `text` is what belongs to none."""

    text: str | None = None

    def __bool__(self) -> bool:
        """True where anything is wrong, be it with no field."""
        return bool(len(self)) or self.text is not None

    @classmethod
    def of(cls, error: ApiError) -> Problems:
        """The problems that a service or a schema found."""
        found = cls()
        for entry in error.errors:
            name = entry.get("pointer", "").lstrip("/").partition("/")[0]
            found.setdefault(name or "form", entry["detail"])
        if not found:
            found.text = error.detail
        return found

    @classmethod
    def of_member(cls, error: MemberError) -> Problems:
        """The problem that a service found with a member."""
        said = str(error)
        sentence = f"{said[0].upper()}{said[1:]}."
        found = cls({error.field: sentence} if error.field else {})
        found.text = None if error.field else sentence
        return found


def text(name: str) -> str:
    """A field's text, without the spaces around it."""
    return request.form.get(name, "").strip()


def lines(name: str) -> list[str]:
    """A field's lines that hold something."""
    return [line.strip() for line in request.form.get(name, "").splitlines() if line.strip()]


def chosen(name: str) -> list[str]:
    """What was ticked."""
    return request.form.getlist(name)


def checked(schema: Schema, values: dict[str, Any]) -> dict[str, Any]:
    """The values as the API's own schema loads them.

    Raises:
        ValidationFailed: with one entry for each problem.
    """
    return load(schema, values)


def earlier_result(visitor: Visitor) -> str | None:
    """Where the result of this very form is, if it was sent before.

    Holds the workspace, which is locked before all else, until the transaction ends: of two that
    arrive at once, one waits.
    """
    lock_workspace(visitor.workspace.id)
    query = select(SentForm.location).where(SentForm.digest == _digest(visitor))
    return db.session.scalar(query)


def keep_result(visitor: Visitor, location: str) -> None:
    """Note where the result of this form is."""
    db.session.add(
        SentForm(
            digest=_digest(visitor),
            member_id=visitor.member.id,
            location=location,
            created_at=clock.now(),
        )
    )


def _digest(visitor: Visitor) -> str:
    given = f"{visitor.member.id}\0{request.path}\0{request.form.get('form_id', '')}"
    return hashlib.sha256(given.encode(errors="replace")).hexdigest()


def own_address() -> str | None:
    """The address that the visitor's requests come from, to offer it for an allowlist."""
    address: str | None = g.origin.address
    return address
