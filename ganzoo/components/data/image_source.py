"""Where the bytes of an image come from: a file on a disk, or the content of one in memory."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

from ganzoo.files.untrusted import open_plain


@dataclass(frozen=True)
class ImageContent:
    """The content of an image file that is in memory; nothing of it goes to a disk.

    name: of the file, for messages. By its suffix a reader is chosen.
    """

    name: str
    content: bytes


ImageSource = Path | ImageContent


def open_bytes(source: ImageSource) -> IO[bytes]:
    """The bytes of an image.

    Raises:
        UntrustedError: it is no regular file.
        OSError: it is missing, or may not be read.
    """
    return BytesIO(source.content) if isinstance(source, ImageContent) else open_plain(source)
