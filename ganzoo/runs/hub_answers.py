"""Asks Hugging Face's hub what a revision of a model holds; nothing it answers is trusted.

Where the hub is and by what token it is asked is read as huggingface_hub reads it: HF_ENDPOINT,
HF_TOKEN or the stored login, HF_HUB_OFFLINE. Nothing is told to the hub but what is asked.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ganzoo.datasets.download import read_pieces
from ganzoo.datasets.web import Interrupted, Patience, RefusedAnswer, open_address
from ganzoo.errors import GanzooError, ModelError, reason
from ganzoo.files.untrusted import UntrustedError, is_count, open_plain, parse_json
from ganzoo.printing.text import one_line
from ganzoo.registry.extras import import_extra
from ganzoo.runs.hub_names import COMMIT, HubName

LARGEST_ANSWER = 16 << 20  # bytes
YES = ("1", "on", "yes", "true")


@dataclass(frozen=True)
class HubFile:
    """A file on the hub: its size in bytes, and the hash that its content must have.

    sha256: of files that the hub stores apart. blob: the hash that git gives to others.
    """

    size: int
    sha256: str
    blob: str

    def is_in(self, path: Path) -> bool:
        """Whether a file has this content."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        begin = b"" if self.sha256 else f"blob {self.size}\0".encode()
        digest = hashlib.new("sha256" if self.sha256 else "sha1", begin, usedforsecurity=False)
        with open_plain(path) as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
        return digest.hexdigest() == (self.sha256 or self.blob)


@dataclass(frozen=True)
class HubSnapshot:
    """What a commit holds: files by name; is_private: whether its owner alone sees it."""

    commit: str
    is_private: bool
    files: Mapping[str, HubFile]


def ask_hub(name: HubName, patience: Patience) -> HubSnapshot:
    """What a revision of a model holds now.

    Raises:
        ModelError: there is no such model or revision, or not for this user.
        GanzooError: the hub does not answer, or answers nonsense.
    """
    address = f"{endpoint()}/api/models/{name.repo}/revision/{quote(name.wanted, safe='')}"
    try:
        content = _read_patiently(f"{address}?blobs=true", patience)
    except RefusedAnswer as error:
        raise _describe(error, name) from None
    try:
        return _snapshot(parse_json(content))
    except (UntrustedError, ValueError) as error:
        raise GanzooError(f"{name}: {endpoint()} does not answer as a hub ({error})") from None


def file_address(name: HubName, file: str) -> str:
    """Where a file of a model is."""
    return f"{endpoint()}/{name.repo}/resolve/{quote(name.wanted, safe='')}/{quote(file)}"


def endpoint() -> str:
    """The address of the hub.

    Raises:
        GanzooError: huggingface_hub is not installed.
    """
    return (os.environ.get("HF_ENDPOINT") or str(hub_library().constants.ENDPOINT)).rstrip("/")


def authorization() -> dict[str, str]:
    """The header with the user's token, if there is one and it may be sent unasked."""
    token = find_token()
    hidden = is_on("HF_HUB_DISABLE_IMPLICIT_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token and not hidden else {}


def find_token() -> str:
    """The user's token: HF_TOKEN, or of a login that huggingface_hub stored; "" without one.

    Raises:
        GanzooError: the stored login cannot be read or renewed.
    """
    try:
        token = hub_library().get_token() or ""
    except GanzooError:
        raise
    except Exception as error:  # it may ask the network
        raise GanzooError(f"the login of the hub cannot be used ({reason(error):.200})") from None
    return token if token.isprintable() and token.isascii() else ""


def is_offline() -> bool:
    """Whether the user said that the hub is not to be asked."""
    return is_on("HF_HUB_OFFLINE") or is_on("TRANSFORMERS_OFFLINE")


def is_on(variable: str) -> bool:
    """Whether a variable of the environment says yes."""
    return os.environ.get(variable, "").lower() in YES


def hub_library() -> Any:
    """The package huggingface_hub, which reports to nobody how it is used.

    Raises:
        GanzooError: it is not installed.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    for name in ("constants", "errors", "utils"):
        import_extra(f"huggingface_hub.{name}", "a model on the hub")
    library = import_extra("huggingface_hub")
    library.constants.HF_HUB_DISABLE_TELEMETRY = True  # where it was imported before
    return library


def _read_patiently(address: str, patience: Patience) -> bytes:
    """The content at an address; asked several times, if that may help."""
    for attempt in range(patience.tries):
        try:
            with open_address(address, authorization(), patience.timeout) as answer:
                return _read(answer, patience.timeout)
        except Interrupted as error:
            fault = error
        if attempt + 1 < patience.tries:
            time.sleep(patience.pause * 2**attempt)
    raise GanzooError(f"{fault}; {patience.tries} attempts in a row failed")


def _read(answer: Any, timeout: float) -> bytes:
    content = bytearray()
    for piece in read_pieces(answer, timeout):
        content += piece
        if len(content) > LARGEST_ANSWER:
            raise GanzooError(f"{endpoint()} answers with more than {LARGEST_ANSWER:,} bytes")
    return bytes(content)


def _describe(error: RefusedAnswer, name: HubName) -> ModelError:
    """A sentence about an answer of the hub that will not change."""
    if error.why == "RevisionNotFound":
        return ModelError(f"{name}: the hub has this model, and no revision '{name.wanted}' of it")
    if error.why == "GatedRepo":
        page = f"{endpoint()}/{name.repo}"
        return ModelError(f"{name}: its owner gives it to those who ask: see {page}")
    if error.code in (401, 403, 404):
        login = "the token may not read it" if find_token() else "it needs a login (HF_TOKEN)"
        return ModelError(f"{name}: the hub has no such model, or {login}; see {endpoint()}")
    return ModelError(one_line(str(error)))


def _snapshot(table: Any) -> HubSnapshot:
    """What the hub's answer says.

    Raises:
        ValueError: it has another form.
    """
    if not isinstance(table, dict) or not isinstance(table.get("siblings"), list):
        raise ValueError("it lists no files")
    commit = table.get("sha")
    if not isinstance(commit, str) or not COMMIT.fullmatch(commit):
        raise ValueError("it names no commit")
    files = dict(_file(entry) for entry in table["siblings"])
    return HubSnapshot(commit, table.get("private") is True, files)


def _file(entry: Any) -> tuple[str, HubFile]:
    match entry:
        case {"rfilename": str(name), "size": int(size), "lfs": {"sha256": str(digest)}}:
            if is_count(size) and len(digest) == 64:
                return name, HubFile(size, digest, "")
        case {"rfilename": str(name), "size": int(size), "blobId": str(blob)}:
            if is_count(size) and COMMIT.fullmatch(blob):
                return name, HubFile(size, "", blob)
    raise ValueError("it says of a file no size or no hash")
