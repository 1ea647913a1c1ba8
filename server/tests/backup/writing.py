"""Makes brands until it is killed, each with its event and idempotency record.

Usage: python writing.py DATABASE_URL REDIS_URL TOKEN DIRECTORY NAME
"""

import itertools
import sys
from pathlib import Path

from anthyx_server.app import create_app
from tests.support.apps import make_settings


def main() -> None:
    """Write as fast as it goes; the file that bears our name says how often that was."""
    database_url, redis_url, token, directory, name = sys.argv[1:]
    app = create_app(make_settings(Path(directory), database_url, redis_url))
    client = app.test_client()
    headers = {"Authorization": f"Bearer {token}"}
    for number in itertools.count(1):
        body = {"name": f"{name} {number}"}
        keyed = headers | {"Idempotency-Key": f"{name}-{number}"}
        answer = client.post("/v1/brands", json=body, headers=keyed)
        if answer.status_code == 429:
            continue
        assert answer.status_code == 201, answer.text
        (Path(directory) / name).write_text(str(number))


if __name__ == "__main__":
    main()
