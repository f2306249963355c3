"""Reads what a visitor sends, within bounds and in memory alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from ganzoo.components.data.image_source import ImageContent
from ganzoo.demo.limits import (
    IDLE_SECONDS,
    LARGEST_ROOM,
    LARGEST_UPLOAD,
    LONGEST_FIELD,
    MEGABYTE,
    MOST_FIELDS,
    RETRY_SECONDS,
)
from ganzoo.printing.text import one_line

MULTIPART = "multipart/form-data"
PLAIN = ("application/octet-stream", "")
PICTURE = "image"  # the field of a form that holds the picture
# What a form adds to its picture: its other fields, and what stands between them.
AROUND = MEGABYTE
LONGEST_NAME = 80
HOW = (
    f"send the picture as the field '{PICTURE}' of a form ({MULTIPART}), or alone as the body, "
    "with a type such as image/png"
)
FULL = "other pictures fill the memory that is set aside for them; try again in a moment"


class InMemoryParser(MultiPartParser):
    """Parses forms without writing a file to the disk: what is parsed is smaller than this."""

    spool_max_size = 2 * (LARGEST_UPLOAD + AROUND)


@dataclass
class UploadRoom:
    """Counts the bytes of all uploads that stand in memory."""

    taken: int = 0

    @contextmanager
    def share(self) -> Iterator[RoomShare]:
        """A share for one request, which is free again at its end."""
        share = RoomShare(self)
        try:
            yield share
        finally:
            self.taken -= share.taken


@dataclass
class RoomShare:
    """What one request takes of the room."""

    room: UploadRoom
    taken: int = 0

    def take(self, count: int) -> None:
        """Take so many bytes more.

        Raises:
            HTTPException: 413, the upload is too large; 503, there is no room.
        """
        if self.taken + count > LARGEST_UPLOAD + AROUND:
            raise too_many_bytes()
        if self.room.taken + count > LARGEST_ROOM:
            raise HTTPException(503, FULL, {"Retry-After": str(RETRY_SECONDS)})
        self.taken += count
        self.room.taken += count


@dataclass
class Upload:
    """What was sent. picture: None if there is none. fields: of the address and of the form."""

    picture: ImageContent | None
    fields: dict[str, str] = field(default_factory=dict)


async def read_upload(request: Request, share: RoomShare) -> Upload:
    """Read a request: a form, or a picture as its body.

    Raises:
        HTTPException: it is too large, too slow or neither of the two.
        ClientDisconnect: the visitor went away.
    """
    fields = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if int_header(request, "content-length") > LARGEST_UPLOAD + AROUND:
        await _pass_over(request)
        raise too_many_bytes()
    try:
        if kind == MULTIPART:
            return await _read_form(request, share, fields)
        return Upload(await _read_body(request, share, kind), fields)
    except HTTPException as refusal:
        if refusal.status_code == 413:
            await _pass_over(request)
        raise


async def _read_form(request: Request, share: RoomShare, fields: dict[str, str]) -> Upload:
    parser = InMemoryParser(
        request.headers,
        _read_chunks(request, share),
        max_files=1,
        max_fields=MOST_FIELDS,
        max_part_size=LONGEST_FIELD,
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise HTTPException(400, f"this form cannot be read: {error.message}") from None
    picture = None
    for name, value in form.multi_items():
        if not isinstance(value, UploadFile):
            fields[name] = value
        elif name == PICTURE:
            picture = _name_picture(value.filename, await value.read())
        else:
            raise HTTPException(400, f"'{one_line(name[:40])}' holds a file: {HOW}")
    await form.close()
    return Upload(picture, fields)


async def _read_body(request: Request, share: RoomShare, kind: str) -> ImageContent | None:
    content = bytearray()
    async for chunk in _read_chunks(request, share):
        content += chunk
    if not content:
        return None
    if not kind.startswith("image/") and kind not in PLAIN:
        raise HTTPException(415, f"the body is {one_line(kind[:40])}: {HOW}")
    return _name_picture(request.query_params.get("name"), bytes(content))


def _name_picture(name: str | None, content: bytes) -> ImageContent:
    """A picture with the last of its name's components; a browser of old may send a whole path."""
    if len(content) > LARGEST_UPLOAD:
        raise too_many_bytes()
    last = PurePosixPath((name or "").replace("\\", "/")).name
    clean = one_line(last.encode("utf-8", "replace").decode())
    return ImageContent(clean[-LONGEST_NAME:] or "the picture", content)


async def _read_chunks(request: Request, share: RoomShare) -> AsyncGenerator[bytes, None]:
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                chunk = await anext(stream, b"")
        except TimeoutError:
            raise HTTPException(408, f"nothing came for {IDLE_SECONDS:g} seconds") from None
        if not chunk:
            return
        share.take(len(chunk))
        yield chunk


async def _pass_over(request: Request) -> None:
    """Read what still comes, as far again as may come, so that the refusal is read at its end."""
    passed, stream = 0, request.stream()
    with suppress(Exception):
        async with asyncio.timeout(IDLE_SECONDS):
            async for chunk in stream:
                passed += len(chunk)
                if passed > LARGEST_UPLOAD + AROUND:
                    return


def int_header(request: Request, name: str) -> int:
    """A header's number; 0 where it is missing or none."""
    text = request.headers.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0


def too_many_bytes() -> HTTPException:
    """The refusal of an upload that is too large."""
    return HTTPException(
        413, f"files of up to {LARGEST_UPLOAD // MEGABYTE} MB are taken here; this one is larger"
    )
