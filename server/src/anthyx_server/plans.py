"""The plan table: what each plan allows (help page, "Rate limits" and "Generating an API key")."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Limits of a plan; None means unlimited."""

    name: str
    requests_per_minute: int
    requests_per_day: int | None
    api_keys: int | None
    seats: int | None
    webhook_endpoints: int

    def limits(self) -> dict[str, int | None]:
        """The limits as `GET /v1/workspace` shows them."""
        return {
            "requests_per_minute": self.requests_per_minute,
            "requests_per_day": self.requests_per_day,
            "api_keys": self.api_keys,
            "seats": self.seats,
            "webhook_endpoints": self.webhook_endpoints,
        }


PLANS = {
    plan.name: plan
    for plan in (
        Plan("free", 60, 5_000, api_keys=5, seats=1, webhook_endpoints=50),
        Plan("starter", 60, 5_000, api_keys=5, seats=3, webhook_endpoints=50),
        Plan("growth", 300, 50_000, api_keys=20, seats=10, webhook_endpoints=50),
        Plan("agency", 1_000, None, api_keys=None, seats=None, webhook_endpoints=50),
    )
}
