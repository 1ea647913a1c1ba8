"""What a page can be refused with; shown as a page."""

from __future__ import annotations


class PageError(Exception):
    """Something the person is told on a page of its own; `title` and `status` by class."""

    status = 400
    title = "That did not work"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class PageForbidden(PageError):
    """Their role does not allow it."""

    status, title = 403, "You may not do this"


class PageNotFound(PageError):
    """There is nothing at this address for them."""

    status, title = 404, "There is nothing here"


class FormRefused(PageError):
    """A form that is not ours."""

    status, title = 400, "This form can't be used"
