"""Makes a brand and dies around COMMIT, as a power cut would have it.

Usage: python crashing.py before|after TOKEN IDEMPOTENCY_KEY
"""

import os
import sys
from typing import Any

from anthyx_server import db
from anthyx_server.app import create_app
from anthyx_server.config import Settings


def main() -> None:
    """Send the request to an application in this process."""
    moment, token, key = sys.argv[1:]
    app = create_app(Settings.from_env())

    def die(_session: Any = None) -> None:
        os._exit(9)

    if moment == "before":
        db.committing.connect(die, weak=False)
    else:
        db.committing.connect(lambda _: db.after_commit(die), weak=False)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    app.test_client().post("/v1/brands", json={"name": "Acme"}, headers=headers)


if __name__ == "__main__":
    main()
