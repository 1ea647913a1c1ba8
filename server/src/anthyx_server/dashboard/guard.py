"""What runs around a page: who asks, whether they may, that the form is ours, and one commit."""

from __future__ import annotations

import functools
import hmac
from collections.abc import Callable
from typing import Literal, NoReturn, TypeAlias
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, has_request_context, make_response, redirect, request
from flask import url_for as url_of
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import ObjectDeletedError
from werkzeug.wrappers import Response

from anthyx_server import db
from anthyx_server.dashboard import cookies, sessions
from anthyx_server.dashboard.errors import FormRefused, PageForbidden
from anthyx_server.dashboard.sessions import Visitor
from anthyx_server.tenancy import Actor, Caller
from anthyx_server.workspaces import Member, Permission, Workspace, may

Answer: TypeAlias = Response | str
View = Callable[..., Answer]


def page(
    blueprint: Blueprint,
    rule: str,
    *,
    method: Literal["GET", "POST"] = "GET",
    permission: Permission = "view",
    is_confirmed: bool = False,
    is_noted: bool = False,
    prepare: Callable[[], None] | None = None,
) -> Callable[[View], View]:
    """Declare a view as a page for members who are signed in.

    The view is called with a `Visitor` and the path's ids. A POST needs the token of our forms
    and runs in one transaction, which commits unless the view raises. With `is_confirmed` the
    password must have been given within the last minutes, else it is asked for first. A GET that
    `is_noted` leaves an entry on the audit log, and commits as a POST does. `prepare` is called for
    a form that will be taken, while no transaction is open: for what takes long, such as asking
    others.
    """

    def admit() -> Visitor | Response:
        return _admit(method, permission, is_confirmed=is_confirmed)

    def declare(view: View) -> View:
        @functools.wraps(view)
        def run(**ids: str) -> Answer:
            if method == "GET" and not is_noted:
                db.read_only()
            admitted = admit()
            if prepare is not None and isinstance(admitted, Visitor):
                # Nothing was written so far; on SQLite it would keep all others from writing.
                db.rollback()
                prepare()
                admitted = admit()
            if not isinstance(admitted, Visitor):
                return admitted
            return _run(view, admitted, ids, is_writing=is_noted or method == "POST")

        blueprint.add_url_rule(
            rule, view.__name__, run, methods=[method], provide_automatic_options=False
        )
        _pages.add(f"{blueprint.name}.{view.__name__}")
        return view

    return declare


def _admit(method: str, permission: Permission, *, is_confirmed: bool) -> Visitor | Response:
    """Who asks, or where they have to go first.

    Raises:
        PageForbidden: their role does not allow it.
        FormRefused: the form is none of ours.
    """
    visitor = _visitor()
    if visitor is None:
        return redirect(url_of("sign_in.show_sign_in", next=_here(method)), 303)
    if not may(visitor.member, permission):
        raise PageForbidden(f"Your role ({visitor.member.role}) does not allow this.")
    if method == "POST":
        require_own_form(cookies.session_token() or "")
    if is_confirmed and not visitor.is_confirmed:
        return redirect(url_of("confirmation.show_confirmation", next=_here(method)), 303)
    return visitor


_pages: set[str] = set()


def is_guarded(endpoint: str) -> bool:
    """True for a view that `page` declared."""
    return endpoint in _pages


def _run(view: View, visitor: Visitor, ids: dict[str, str], *, is_writing: bool) -> Answer:
    g.visitor, g.role_at_start = visitor, visitor.member.role
    g.session_digest = visitor.session.digest
    try:
        answer = make_response(view(visitor, **ids))
        # Redirects, too: they set cookies, and say what was done.
        answer.headers.setdefault("Cache-Control", "no-store")
        if is_writing:
            db.commit()
    except ObjectDeletedError:
        db.rollback()
        _refuse()
    except BaseException:
        db.rollback()
        raise
    return answer


def _visitor() -> Visitor | None:
    """Who is signed in by the request's cookie."""
    token = cookies.session_token()
    found = sessions.find_session(token) if token else None
    # What a page asks for by itself keeps nobody signed in who has left.
    is_by_itself = "HX-Request" in request.headers
    if token and found is not None and not is_by_itself and sessions.note_use(found[0]):
        found = sessions.find_session(token)
    if found is None:
        return None
    session, member, workspace = found
    return Visitor(session, member, workspace, _caller(session.mode, member, workspace))


def _caller(mode: str, member: Member, workspace: Workspace) -> Caller:
    scopes: tuple[str, ...] = current_app.extensions["anthyx_scopes"]
    return Caller(
        workspace.id,
        mode,
        Actor("user", member.id, member.email),
        # Services judge by scopes what one may hand on; pages judge by the role what one may do.
        frozenset(scopes if may(member, "manage_settings") else ()),
        None if member.brand_ids is None else frozenset(member.brand_ids),
        address=g.origin.address,
        request_id=g.request_id,
    )


def guard_commit(_session: Session) -> None:
    """Judge a page's visitor once more, in the transaction that is about to commit.

    A removal, another role or a sign-out everywhere that came first ends what they had begun; one
    that comes later waits for it.

    Raises:
        PageForbidden: they are no longer who they were.
    """
    visitor: Visitor | None = g.get("visitor") if has_request_context() else None
    if visitor is None:
        return
    found = sessions.hold(visitor.caller.actor.id or "")
    is_same = found is not None and found[0] == g.role_at_start
    is_same = is_same and found is not None and _as_set(found[1]) == visitor.caller.brand_ids
    if not is_same or not sessions.hold_session(g.session_digest):
        _refuse()


def _refuse() -> NoReturn:
    # They may be gone: nothing can be shown of them.
    leave()
    raise PageForbidden(
        "You were signed out, or your role changed, while this was under way. Nothing was changed."
    )


def leave() -> None:
    """Let the view's own end of the session be no objection to what it does."""
    g.visitor = None


def _as_set(brand_ids: list[str] | None) -> frozenset[str] | None:
    return None if brand_ids is None else frozenset(brand_ids)


def form_token(session_token: str) -> str:
    """What our own forms carry: only who knows the session's cookie can make it."""
    key: bytes = current_app.extensions["anthyx_secret_key"]
    return hmac.digest(key, b"form\0" + session_token.encode(errors="replace"), "sha256").hex()


def require_own_form(session_token: str) -> None:
    """Check that the form came from a page of ours.

    Raises:
        FormRefused: its token is missing or of another session, or it came from another site.
    """
    sent_from = request.headers.get("Origin")
    public_url: str = current_app.extensions["anthyx_public_url"]
    is_ours = sent_from in {None, _origin_of(public_url), _origin_of(request.host_url)}
    given = request.form.get("form_token", "")
    if not is_ours or not hmac.compare_digest(given.encode(), form_token(session_token).encode()):
        raise FormRefused("This form is too old, or is not one of ours: go back and reload it.")


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _here(method: str) -> str:
    """Where to return to: this page, or the one whose form was sent."""
    if method == "GET":
        return request.full_path.rstrip("?")
    return safe_next(urlsplit(request.headers.get("Referer", "")).path)


def safe_next(target: str) -> str:
    """A path of ours, whatever was asked for: two slashes, or a backslash, would lead away."""
    is_own = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if is_own and target.isprintable() and "\\" not in target else "/"
