"""Posts: what is written, reviewed and scheduled for the channels of a brand."""

from anthyx_server.posts.best_time import slots as best_time_slots
from anthyx_server.posts.loading import insert_rows
from anthyx_server.posts.models import Post, PostTarget
from anthyx_server.posts.references import no_media
from anthyx_server.posts.service import count_in_brand
from anthyx_server.posts.views import present

__all__ = [
    "Post",
    "PostTarget",
    "best_time_slots",
    "count_in_brand",
    "insert_rows",
    "no_media",
    "present",
]
