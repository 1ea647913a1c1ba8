"""Settings → Integrations → Webhooks: endpoints and what they were sent, as pages."""

from __future__ import annotations

from anthyx_server.webhooks.pages import (
    attempts,
    editing,
    endpoint,
    overview,
    sending,
    signing,
    switching,
)
from anthyx_server.webhooks.pages.site import blueprint

__all__ = [
    "attempts",
    "blueprint",
    "editing",
    "endpoint",
    "overview",
    "sending",
    "signing",
    "switching",
]
