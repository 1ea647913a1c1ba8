"""Settings → Integrations → API keys."""

from anthyx_server.keys.pages import changing, deleting, issuing, listing, waiting
from anthyx_server.keys.pages.site import blueprint

__all__ = ["blueprint", "changing", "deleting", "issuing", "listing", "waiting"]
