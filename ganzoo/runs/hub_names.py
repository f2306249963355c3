"""Names of models on Hugging Face's hub: `hf:OWNER/NAME`, or `hf:OWNER/NAME@REVISION`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ganzoo.errors import ModelError, cut
from ganzoo.printing.text import one_line
from ganzoo.runs.model_names import HUB

DEFAULT_REVISION = "main"
WORD = re.compile(r"[A-Za-z0-9](?:[\w.-]{0,94}\w)?", re.ASCII)
DOUBLED = re.compile(r"--|\.\.")
REVISION = re.compile(r"\w[\w./+-]{0,199}", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class HubName:
    """A model on the hub; revision: a branch, a tag or a commit, and "" for the newest commit."""

    owner: str
    name: str
    revision: str = ""

    @property
    def repo(self) -> str:
        """The owner and the name, as the hub writes them."""
        return f"{self.owner}/{self.name}"

    @property
    def wanted(self) -> str:
        """The revision to ask for."""
        return self.revision or DEFAULT_REVISION

    def at(self, revision: str) -> HubName:
        """The same model at another revision."""
        return HubName(self.owner, self.name, revision)

    def __str__(self) -> str:
        return f"{HUB}{self.repo}{f'@{self.revision}' if self.revision else ''}"


def parse_hub_name(text: str) -> HubName:
    """The model that `hf:OWNER/NAME@REVISION` names; the prefix may be left out.

    Raises:
        ModelError: it names none.
    """
    repo, at, revision = text.removeprefix(HUB).partition("@")
    owner, _, name = repo.partition("/")
    words = all(WORD.fullmatch(word) and not DOUBLED.search(word) for word in (owner, name))
    if not words or (at and not _is_revision(revision)):
        raise ModelError(
            f"'{cut(one_line(text))}' names no model on the hub; write {HUB}OWNER/NAME, or "
            f"{HUB}OWNER/NAME@REVISION"
        )
    return HubName(owner, name, revision)


def _is_revision(text: str) -> bool:
    sound = REVISION.fullmatch(text) is not None
    return sound and not any(piece in ("", ".", "..") for piece in text.split("/"))
