"""Downloads one file: it goes on where it stopped, and tries again where that may help.

The file grows as PATH.part; beside it, download.json says what the server called that version of
it. A server is asked for the rest of that version only (If-Range, RFC 9110, 13.1.5). Where it has
another one by now, or cannot go on in the middle, all is fetched anew.
"""

from __future__ import annotations

import errno
import http.client
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from ganzoo.datasets.web import Interrupted, Patience, RangeRefused, open_address
from ganzoo.errors import GanzooError
from ganzoo.files.untrusted import UntrustedError, is_count, read_object
from ganzoo.files.writing import open_shared, remove, write_json
from ganzoo.printing.text import one_line, short_count

Tick = Callable[[str, int, int], None]
"""Called with what is being done, how many bytes are done, and how many there are, or 0."""

CHUNK = 1 << 18
LEAST = 1024  # bytes that have to arrive within a timeout
ENOUGH = 1 << 20  # bytes after which an attempt counts as a success, even if it was cut
LARGEST = 64 << 30  # bytes of the largest file that is fetched
NO_HEADERS: Mapping[str, str] = {}
STATE = "download.json"
STAYS = "What arrived stays, and the same command goes on with it"
RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


def download(
    address: str,
    path: Path,
    patience: Patience,
    tick: Tick = lambda doing, done, total: None,
    tell: Callable[[str], None] = lambda text: None,
    *,
    headers: Mapping[str, str] = NO_HEADERS,
    most: int = LARGEST,
) -> None:
    """Fetch a file from the web to `path`; what is there of an earlier attempt is gone on with.

    tell: called with a sentence when something makes it try again or begin anew.
    headers: to send along, see `open_address`.
    most: how many bytes the file may have.

    Raises:
        GanzooError: it cannot be had, or not be written; what arrived stays.
    """
    _Download(address, path, patience, tick, tell, headers, most).run()


class _Download:
    def __init__(
        self,
        address: str,
        path: Path,
        patience: Patience,
        tick: Tick,
        tell: Callable[[str], None],
        headers: Mapping[str, str],
        most: int,
    ) -> None:
        self.address, self.path, self.headers, self.most = address, path, headers, most
        self.patience, self.tick, self.tell = patience, tick, tell
        self.growing, self.state = path.with_name(f"{path.name}.part"), path.with_name(STATE)

    def run(self) -> None:
        """Try until the file is whole, or several attempts in a row bring nothing."""
        idle = 0
        while True:
            before = self._size()
            try:
                self._attempt()
                break
            except Interrupted as error:
                idle = 0 if self._size() - before >= ENOUGH else idle + 1
                if idle >= self.patience.tries:
                    stays = f". {STAYS}" if self._size() else ""
                    said = f"{error}; {idle} attempts in a row failed{stays}"
                    raise GanzooError(said) from None
                self.tell(f"{error}; trying again")
            time.sleep(self.patience.pause * 2 ** max(0, idle - 1))
        self.growing.replace(self.path)
        remove(self.state)

    def _attempt(self) -> None:
        """Fetch what is missing.

        Raises:
            Interrupted: it was cut, or has to begin anew.
        """
        known = self._known()
        begin = self._size() if known else 0
        if begin and begin == known["length"]:
            return
        wanted = {"Range": f"bytes={begin}-", "If-Range": known["version"]} if begin else {}
        try:
            answer = open_address(self.address, {**self.headers, **wanted}, self.patience.timeout)
        except RangeRefused:
            raise self._anew("the server has another file by now") from None
        with answer:
            begin, length = self._agree(answer, begin, known)
            self._check_room(length, begin)
            write_json(self.state, {**_version(answer), "address": self.address, "length": length})
            with self._opened(begin) as file:
                self._receive(answer, file, begin, length)

    def _size(self) -> int:
        try:
            return self.growing.lstat().st_size
        except OSError:
            return 0

    def _known(self) -> dict[str, Any]:
        """The version that PATH.part is of; empty where nothing can be gone on with."""
        with suppress(OSError, UntrustedError):
            state = read_object(self.state)
            same = state.get("address") == self.address and isinstance(state.get("version"), str)
            if same and state["version"] and is_count(state.get("length")):
                return state
        return {}

    def _agree(self, answer: Any, begin: int, known: dict[str, Any]) -> tuple[int, int]:
        """From which byte on the answer is, and the length of the whole file, or 0 if unknown."""
        if answer.status == 206:
            match = RANGE.fullmatch(answer.headers.get("Content-Range", ""))
            right = match and (int(match[1]), int(match[2])) == (begin, known["length"])
            other = _version(answer)["version"]
            if not right or other not in ("", known["version"]):
                raise self._anew("the server has another file by now")
            return begin, known["length"]
        if begin:
            same = _version(answer)["version"] == known["version"]
            why = "the server cannot go on in the middle" if same else "the file has changed"
            self.tell(f"{why}; beginning anew")
        length = answer.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > self.most:
            raise GanzooError(f"{one_line(self.address)}: a length of {one_line(length):.40} bytes")
        return 0, int(length)

    def _anew(self, why: str) -> Interrupted:
        remove(self.growing)
        remove(self.state)
        return Interrupted(why)

    def _check_room(self, length: int, begin: int) -> None:
        needed, free = length - begin, shutil.disk_usage(self.path.parent).free
        if needed > free:
            raise GanzooError(
                f"{self.path.parent}: the disk has {short_count(free, 'B')} left, and "
                f"{short_count(needed, 'B')} are still to come"
            )

    def _opened(self, begin: int) -> BinaryIO:
        file = os.fdopen(open_shared(self.growing), "r+b")
        file.truncate(begin)
        file.seek(begin)
        return file

    def _receive(self, answer: Any, file: BinaryIO, begin: int, length: int) -> None:
        """Write what arrives; it is on the disk when this returns or raises."""
        done = begin
        try:
            for piece in read_pieces(answer, self.patience.timeout):
                done += len(piece)
                if done > self.most:
                    raise GanzooError(f"{one_line(self.address)}: more than {self.most:,} bytes")
                file.write(piece)
                self.tick("fetching", done, length)
        finally:
            file.flush()
            os.fsync(file.fileno())
        if length and done < length:
            raise Interrupted(f"it was cut after {done:,} of {length:,} bytes")


def read_pieces(answer: Any, timeout: float) -> Any:
    """What arrives, piece by piece; bounded in time, too."""
    since, arrived = time.monotonic(), 0
    while True:
        try:
            piece = answer.read1(CHUNK)
        except TimeoutError:
            raise Interrupted(f"nothing arrived in {timeout:g} s") from None
        except (http.client.HTTPException, OSError) as error:
            raise Interrupted(f"it was cut ({one_line(str(error))})") from None
        if not piece:
            return
        yield piece
        arrived += len(piece)
        if time.monotonic() - since > timeout:
            if arrived < LEAST:
                raise Interrupted(f"no more than {arrived:,} bytes arrived in {timeout:g} s")
            since, arrived = time.monotonic(), 0


def _version(answer: Any) -> dict[str, str]:
    """What names this version of the file: a strong ETag, else its date; "" without either."""
    tag = answer.headers.get("ETag", "")
    usable = tag if tag.startswith('"') else answer.headers.get("Last-Modified", "")
    return {"version": usable}


def is_disk_full(error: OSError) -> bool:
    """Whether there is no room left, by the disk or by the user's quota."""
    return error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)
