"""What people write before they have an SDK, beside the SDK, behind one face."""

from __future__ import annotations

from typing import Protocol

import requests

from anthyx import Anthyx
from sdk.tests.loopback import KEY


class User(Protocol):
    """The two calls that the faults show in."""

    def get(self, brand_id: str) -> object:
        """Fetch a brand."""
        ...

    def create(self, name: str) -> object:
        """Make one."""
        ...


class Plain:
    """A `requests.Session` with the key in its headers."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {KEY}"

    def get(self, brand_id: str) -> object:
        return self._read(self._session.get(f"{self._url}/brands/{brand_id}", timeout=5))

    def create(self, name: str) -> object:
        body = {"name": name}
        return self._read(self._session.post(f"{self._url}/brands", json=body, timeout=5))

    @staticmethod
    def _read(response: requests.Response) -> object:
        response.raise_for_status()
        found: object = response.json()
        return found


class Ours:
    """A client of either kind."""

    def __init__(self, client: Anthyx) -> None:
        self.client = client

    def get(self, brand_id: str) -> object:
        return self.client.brands.get(brand_id)

    def create(self, name: str) -> object:
        return self.client.brands.create(name=name)
