"""Sends requests as fast as it can, once told to, and prints how many got which status.

Usage: python hammer.py PORT COUNT SOURCE TOKEN...; SOURCE is the address to call from. It prints
"ready", waits for a line, and prints a JSON object in the end.
"""

from __future__ import annotations

import http.client
import json
import sys
from collections import Counter


def main(port: int, count: int, source: str, tokens: list[str]) -> None:
    """Send so many requests, with the tokens in turn."""
    connection = http.client.HTTPConnection("127.0.0.1", port, 30, source_address=(source, 0))
    connection.connect()
    statuses: Counter[int] = Counter()
    print("ready", flush=True)  # noqa: T201  (its parent reads it)
    sys.stdin.readline()
    for number in range(count):
        token = tokens[number % len(tokens)]
        connection.request("GET", "/v1/nothing", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        statuses[answer.status] += 1
    print(json.dumps(statuses))  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
