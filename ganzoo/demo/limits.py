"""What a demo takes at most, so that no visitor can fill the memory or hold up the others."""

from __future__ import annotations

MEGABYTE = 2**20
LARGEST_UPLOAD = 50 * MEGABYTE
"""The most bytes of a picture's file."""
LARGEST_ROOM = 512 * MEGABYTE
"""The most bytes of all uploads that stand in memory at a time."""
MOST_PIXELS = 50_000_000
MOST_WAITING = 64
"""How many translations may wait for the one under way."""
MOST_CONNECTIONS = 256
MOST_FIELDS, LONGEST_FIELD = 24, 1024
"""The fields of a form, and the bytes of one."""
LONGEST_HEADERS = 16 * 1024
"""The bytes of a request's line and headers."""
HEADER_SECONDS = 15.0
"""How long a connection may stand open before a request has come."""
IDLE_SECONDS = 30.0
"""How long an upload, or a download, may stand still."""
JOB_SECONDS = 900.0
"""How long a request may wait for its result."""
MOST_SAMPLES = 64
RETRY_SECONDS = 5


def describe_limits() -> dict[str, int]:
    """The limits that concern whoever sends pictures."""
    return {
        "upload_bytes": LARGEST_UPLOAD,
        "pixels": MOST_PIXELS,
        "waiting": MOST_WAITING,
        "samples": MOST_SAMPLES,
    }
