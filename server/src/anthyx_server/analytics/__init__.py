"""Analytics: what was published, and what the networks report of it."""

__all__: list[str] = []
