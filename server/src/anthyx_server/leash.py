"""Become another program that the kernel ends as soon as the process that started it is gone.

Run by path, without site-packages, so that it costs some 10 ms. Elsewhere than on Linux there is no
such request to the kernel: the next start ends what a killed supervisor left behind.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)


def become(parent: int, argv: list[str]) -> None:
    """Replace this process by `argv`, killed when the process `parent` (its pid) ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the process that started this one is gone")
    try:
        os.execvp(argv[0], argv)  # noqa: S606  (no shell is the point)
    except OSError as error:
        sys.exit(f"cannot run {argv[0]}: {error.strerror}")


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])
