"""A reply that is a picture."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

CHUNK = 2**18


class PictureReply(Response):
    """A PNG, sent piece by piece, so that a visitor who stops reading is noticed."""

    media_type = "image/png"

    def __init__(self, content: bytes, name: str) -> None:
        """name: of the file, when it is saved."""
        shown = f"inline; filename*=UTF-8''{quote(name)}"
        super().__init__(content, headers={"Content-Disposition": shown})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        for place in range(0, len(self.body), CHUNK):
            piece, more = self.body[place : place + CHUNK], place + CHUNK < len(self.body)
            await send({"type": "http.response.body", "body": bytes(piece), "more_body": more})
