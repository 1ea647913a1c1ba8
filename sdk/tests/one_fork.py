"""A program that forks once with a warm connection; the server sees who uses which.

Arguments: the kind of client ("plain", "sync" or "async") and the base URL.
"""

from __future__ import annotations

import os
import sys

from anthyx import Anthyx
from sdk.tests.blocking import Loop
from sdk.tests.loopback import KEY
from sdk.tests.plain import Ours, Plain, User


def _connected(kind: str, url: str) -> User:
    if kind == "plain":
        return Plain(url)
    connect = Anthyx if kind == "sync" else Loop().connect
    return Ours(connect(KEY, base_url=url))


def _main(kind: str, url: str) -> None:
    user = _connected(kind, url)
    user.get(f"warm-{os.getpid()}")
    pid = os.fork()
    if pid == 0:
        try:
            if isinstance(user, Ours) and kind == "async":
                user = Ours(Loop().over(user.client))  # a child needs its own
            user.get(f"child-{os.getpid()}")
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    user.get(f"parent-{os.getpid()}")
    os._exit(0)  # without a word about connections that are still open


if __name__ == "__main__":
    _main(*sys.argv[1:])
