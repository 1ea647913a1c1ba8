"""A small application behind the web server, for the tests.

Usage: python served.py LISTEN_FD DIRECTORY
"""

import logging
import os
import sys
from pathlib import Path

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from anthyx_server import web_server
from anthyx_server.config import Settings


def make_app() -> Flask:
    """Routes that show what arrives and who answers."""
    app = Flask("served")
    directory = Path(sys.argv[2])

    @app.post("/echo")
    def echo() -> ResponseReturnValue:
        return jsonify(length=len(request.get_data()), url=request.url, root=request.script_root)

    @app.get("/worker")
    def worker() -> ResponseReturnValue:
        return str(os.getpid())

    @app.get("/slow")
    def slow() -> ResponseReturnValue:
        (directory / "in-flight").touch()
        with (directory / "gate").open() as gate:  # a FIFO: opens once the test does
            return gate.read()

    return app


def main() -> None:
    """Serve until a signal."""
    logging.basicConfig(level=logging.INFO)
    settings = Settings(
        data_dir=Path(sys.argv[2]),
        database_url="sqlite://",
        redis_url="",
        secret_key="",
        key_peppers=(),
        encryption_keys=(),
        web_workers=1,
    )
    web_server.run(settings, make_app, int(sys.argv[1]))


if __name__ == "__main__":
    main()
