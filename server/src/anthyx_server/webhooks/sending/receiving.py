"""Taking in an answer as it comes, piece by piece, and no more of it than is kept."""

from __future__ import annotations

from anthyx_server.webhooks.sending import answers

MAX_BODY = 16 * 1024
_MAX_HEAD = 64 * 1024
_END_OF_HEAD = (b"\r\n", b"\n")


class Answer:
    """What has come of an answer; `on_header` and `on_body` are libcurl's callbacks.

    `is_full` says that the body is larger than what is kept; the rest is not waited for.
    """

    __slots__ = ("_body", "_body_size", "_head_size", "_lines", "is_full", "is_head_whole")

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Get ready for the next answer."""
        self._lines: list[bytes] = []
        self._head_size = 0
        self._body: list[bytes] = []
        self._body_size = 0
        self.is_head_whole = False
        self.is_full = False

    @property
    def has_begun(self) -> bool:
        """True where a line has come."""
        return self._head_size > 0

    @property
    def is_head_too_large(self) -> bool:
        """True where it was ended for its headers."""
        return self._head_size > _MAX_HEAD

    def headers(self) -> list[list[str]]:
        """The headers that are kept, of the final answer."""
        return answers.kept_headers(self._lines)

    def body(self) -> bytes:
        """As much of the body as is kept."""
        return b"".join(self._body)

    def on_header(self, line: bytes) -> int:
        """Take a line of the head, or end the transfer."""
        size = len(line)
        self._head_size += size
        if self._head_size > _MAX_HEAD:
            return -1
        if line.startswith(b"HTTP/"):
            self._lines = []  # what came before was an interim answer
            self.is_head_whole = False
        elif not self.is_head_whole:  # else it is a trailer
            self._lines.append(line)
            self.is_head_whole = line in _END_OF_HEAD
        return size

    def on_body(self, piece: bytes) -> int:
        """Take a piece of the body, or end the transfer."""
        room = MAX_BODY - self._body_size
        size = len(piece)
        if size > room:
            self._body.append(piece[:room])
            self._body_size = MAX_BODY
            self.is_full = True
            return -1
        self._body.append(piece)
        self._body_size += size
        return size
