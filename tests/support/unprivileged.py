"""Run a program as nobody, ended with the process that started it (PostgreSQL refuses root).

Usage: python unprivileged.py PARENT_PID PROGRAM [ARGUMENT ...]
"""

import os
import pwd
import sys

from anthyx_server.leash import become


def main() -> None:
    """Give up the rights of root for good, then run the program."""
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)
    # In this order: the kernel forgets the tie to the parent when a process changes its user.
    become(int(sys.argv[1]), sys.argv[2:])


if __name__ == "__main__":
    main()
