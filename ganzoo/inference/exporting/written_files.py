"""Files that belong together: all are written, or none."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ganzoo.errors import GanzooError
from ganzoo.files.writing import write_bytes


def write_files(files: Sequence[Path], contents: Sequence[bytes]) -> None:
    """Write files that belong together, the first one last; none stays if one cannot be written.

    Raises:
        GanzooError: a file cannot be written.
    """
    written: list[Path] = []
    try:
        for path, content in reversed([*zip(files, contents, strict=True)]):
            write_bytes(path, content)
            written.append(path)
    except OSError as error:
        for other in written:
            with suppress(OSError):
                other.unlink()
        reason = error.strerror or str(error)
        raise GanzooError(f"{path}: cannot be written ({reason}); nothing was") from error
