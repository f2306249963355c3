"""Sends a model to Hugging Face's hub: its files in one commit, and a look whether they arrived."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ganzoo import __version__
from ganzoo.datasets.web import Patience
from ganzoo.errors import GanzooError
from ganzoo.files.writing import write_bytes, write_text
from ganzoo.runs.bundle_manifest import MANIFEST
from ganzoo.runs.hub_answers import ask_hub, endpoint, find_token, hub_library, is_offline
from ganzoo.runs.hub_files import HUB_CARD
from ganzoo.runs.hub_names import DEFAULT_REVISION, HubName
from ganzoo.runs.layout import CARD_FILE
from ganzoo.sharing.bundle_writing import make_manifest
from ganzoo.sharing.card_text import escaped
from ganzoo.sharing.hub_failures import telling_failures
from ganzoo.sharing.shipment import Shipment


@dataclass(frozen=True)
class HubPlace:
    """A model's place on the hub: whether it is there already, and whether others see it."""

    exists: bool
    is_private: bool

    def describe(self) -> str:
        """`private, new`."""
        visibility = "private" if self.is_private else "public"
        return f"{visibility}, {'it exists and gets a new commit' if self.exists else 'new'}"


def prepare_files(shipment: Shipment, work: Path) -> dict[str, Path]:
    """The files of a shipment by their names on the hub; a card that is missing is written.

    work: a folder for what has to be written first.
    """
    files = dict(shipment.files)
    if CARD_FILE not in files:
        write_text(work / CARD_FILE, _plain_card(shipment.name))
        files[CARD_FILE] = work / CARD_FILE
    named = {HUB_CARD if name == CARD_FILE else name: path for name, path in files.items()}
    manifest = make_manifest(replace(shipment, files=files))
    listed = [replace(m, name=HUB_CARD) if m.name == CARD_FILE else m for m in manifest.files]
    write_bytes(work / MANIFEST, replace(manifest, files=tuple(listed)).to_bytes())
    return dict(sorted({**named, MANIFEST: work / MANIFEST}.items()))


class Hub:
    """The hub, asked with the user's token."""

    def __init__(self, name: HubName) -> None:
        if is_offline():
            raise GanzooError(f"{name}: HF_HUB_OFFLINE says not to ask the hub")
        library = hub_library()
        self.name, self.token = name, find_token()
        if not self.token:
            raise GanzooError(
                f"{name}: to send a model the hub needs a token: 'hf auth login' stores one, or "
                "set HF_TOKEN"
            )
        if not sys.stderr.isatty():
            library.utils.disable_progress_bars()
        self.library = library
        self.api: Any = library.HfApi(
            endpoint(), self.token, library_name="ganzoo", library_version=__version__
        )

    def look_up(self, private: bool) -> HubPlace:
        """The place as it is, or as it would be made.

        private: what is wanted of a new one.

        Raises:
            GanzooError: the hub fails, or the place is public and a private one is wanted.
        """
        with telling_failures(self.name):
            try:
                info = self.api.model_info(self.name.repo)
            except self.library.errors.RepositoryNotFoundError:
                return HubPlace(False, private)
        if private and not info.private:
            raise GanzooError(
                f"{self.name}: it exists already and is public, so --private cannot be had; make "
                "it private on the hub's page first, or choose another name"
            )
        return HubPlace(True, bool(info.private))

    def send(self, files: Mapping[str, Path], place: HubPlace, message: str) -> HubName:
        """Send files in one commit; returns the model at that commit.

        Raises:
            GanzooError: the hub fails, refuses, or does not hold then what was sent.
        """
        repo, branch = self.name.repo, self.name.wanted
        operation = self.library.CommitOperationAdd
        with telling_failures(self.name):
            if not place.exists:
                self._create(place.is_private)
            if branch != DEFAULT_REVISION:
                self.api.create_branch(repo, branch=branch, exist_ok=True)
            added = [operation(name, str(path)) for name, path in files.items()]
            done = self.api.create_commit(repo, added, commit_message=message, revision=branch)
        sent = self.name.at(str(done.oid))
        self._check(sent, files)
        return sent

    def _create(self, private: bool) -> None:
        """Make the place; nothing is sent to one that others see and should not."""
        self.api.create_repo(self.name.repo, private=private)
        if private and not self.api.model_info(self.name.repo).private:
            raise GanzooError(f"{self.name}: the hub made it public, so nothing was sent")

    def _check(self, sent: HubName, files: Mapping[str, Path]) -> None:
        """Check that the commit holds what was sent: a repository's rules may leave files out."""
        there = ask_hub(sent, Patience()).files
        for name, path in files.items():
            if name not in there or not there[name].is_in(path):
                raise GanzooError(f"{sent}: committed, but its {name} is not the one that was sent")


def _plain_card(name: str) -> str:
    """A card that says no more than what the files are, for models without a run."""
    tags = json.dumps(["ganzoo", "gan"])
    header = f"---\nlibrary_name: ganzoo\ntags: {tags}\n---\n"
    return f"{header}# {escaped(name)}\n\nA model of ganzoo. Its recipe is in `recipe.toml`.\n"
