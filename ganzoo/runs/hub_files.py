"""Models of Hugging Face's hub on this machine: fetched when their name is typed, and cached.

Five files of known names are fetched, each from one commit; sizes are known and bounded before, and
contents are compared with the hub's hashes before anything uses them. No code, and no pickles.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ganzoo.components.cache_folder import cache_folder
from ganzoo.datasets.download import download
from ganzoo.datasets.owning import disown_folder, own_folder
from ganzoo.datasets.web import Patience
from ganzoo.engine.model_header import read_model_header
from ganzoo.errors import GanzooError, ModelError
from ganzoo.files.untrusted import UntrustedError, read_object
from ganzoo.files.writing import remove, sync_folder, write_json
from ganzoo.printing.text import say_aside, short_count
from ganzoo.recipe.toml_text import RECIPE_FILE
from ganzoo.registry.packages import MODEL_FILE
from ganzoo.runs.bundle_manifest import check_size
from ganzoo.runs.hub_answers import (
    HubSnapshot,
    ask_hub,
    authorization,
    endpoint,
    file_address,
    is_offline,
)
from ganzoo.runs.hub_names import COMMIT, HubName, parse_hub_name
from ganzoo.runs.layout import CARD_FILE, CARD_JSON, CARD_SAMPLES
from ganzoo.runs.model_files import PICKLED

HUB_CARD = "README.md"  # what the hub shows on a model's page
# The files of a model on the hub, and what they are called in a bundle.
FILES = {
    MODEL_FILE: MODEL_FILE,
    RECIPE_FILE: RECIPE_FILE,
    HUB_CARD: CARD_FILE,
    CARD_JSON: CARD_JSON,
    CARD_SAMPLES: CARD_SAMPLES,
}
LARGE = 64 << 20  # bytes from which on the progress of a file is told
REVISIONS = "revisions.json"
PATIENCE = Patience()
Tell = Callable[[str], None]


@functools.cache
def find_hub_model(text: str) -> Path:
    """The folder of a model of the hub; a process asks for each name once, so it stays the same.

    Raises:
        GanzooError: see `fetch_model`.
    """
    return fetch_model(parse_hub_name(text))


def fetch_model(name: HubName, patience: Patience = PATIENCE, tell: Tell = say_aside) -> Path:
    """The folder of a model, fetched unless this commit is cached.

    tell: called with the commit, and with what is fetched.

    Raises:
        ModelError: there is none, or it is not ganzoo's.
        GanzooError: the hub cannot be asked, or the cache not be written.
    """
    cache = HubCache(name)
    if COMMIT.fullmatch(name.revision) and cache.folder(name.revision).is_dir():
        return cache.folder(name.revision)
    if is_offline():
        return cache.find_offline()
    snapshot = ask_hub(name, patience)
    _tell_commit(name, snapshot.commit, cache.last_commit(), tell)
    if not cache.folder(snapshot.commit).is_dir():
        _fetch(name.at(snapshot.commit), snapshot, cache, patience, tell)
    cache.remember(snapshot.commit)
    return cache.folder(snapshot.commit)


class HubCache:
    """Where a model of the hub is cached: a folder for each commit, and what revisions were."""

    def __init__(self, name: HubName) -> None:
        cache = cache_folder()
        if cache is None:
            raise GanzooError(f"{name}: there is no folder to cache it in; set GANZOO_CACHE")
        self.name, self.top = name, cache / "hub" / f"{name.owner}--{name.name}"

    def folder(self, commit: str) -> Path:
        """The folder of a commit, which exists only if it is whole."""
        return self.top / commit

    def find_offline(self) -> Path:
        """The folder of the commit that the revision was when the hub was last asked.

        Raises:
            ModelError: it is not cached.
        """
        commit = self.last_commit()
        if not commit or not self.folder(commit).is_dir():
            raise ModelError(
                f"{self.name}: it is not cached here, and HF_HUB_OFFLINE says not to ask the hub"
            )
        return self.folder(commit)

    def last_commit(self) -> str:
        """The commit that the revision was when the hub was last asked; "" if it never was."""
        commit = self._revisions().get(self.name.wanted, "")
        return commit if isinstance(commit, str) and COMMIT.fullmatch(commit) else ""

    def remember(self, commit: str) -> None:
        """Note what the revision is now."""
        table = {**self._revisions(), self.name.wanted: commit}
        with _writing(self.top):
            write_json(self.top / REVISIONS, table)

    def _revisions(self) -> dict[str, object]:
        try:
            return read_object(self.top / REVISIONS)
        except (OSError, UntrustedError):
            return {}


def _tell_commit(name: HubName, commit: str, before: str, tell: Tell) -> None:
    """Say which commit a moving revision is, and that it moved."""
    if name.revision == commit:
        return
    moved = f"; it was {before} when it was last opened here" if before not in ("", commit) else ""
    tell(f"{name.at('')}: {name.wanted} is {name.at(commit)}{moved}")


def _fetch(
    name: HubName, snapshot: HubSnapshot, cache: HubCache, patience: Patience, tell: Tell
) -> None:
    """Fetch a commit's files into a folder of their own; it gets its name once all are whole."""
    wanted = _choose(name, snapshot)
    sizes = {file: snapshot.files[file].size for file in wanted}
    said = ", ".join(f"{file} ({short_count(size, 'B')})" for file, size in sizes.items())
    tell(f"fetching {said} from {endpoint()}")
    work = cache.top / f"{snapshot.commit}.part"
    with _writing(work):
        work.mkdir(parents=True, exist_ok=True)
        with own_folder(work):
            for file in wanted:
                _fetch_file(name, file, snapshot, work, patience, tell)
            _check_weights(name, work)
            disown_folder(work)
            work.replace(cache.folder(snapshot.commit))
            sync_folder(cache.top)


def _choose(name: HubName, snapshot: HubSnapshot) -> list[str]:
    """Which files to fetch.

    Raises:
        ModelError: there are no weights that can be used, or a file is too large.
    """
    if MODEL_FILE not in snapshot.files:
        others = sorted(file for file in snapshot.files if file.endswith(PICKLED))
        if others:
            raise ModelError(
                f"{name}: its weights are in a format that may hold code, and are not fetched; get "
                f"the file yourself, and make it a model: ganzoo import {Path(others[0]).name}"
            )
        raise ModelError(f"{name}: this is no ganzoo model: it holds no {MODEL_FILE}")
    wanted = [file for file in FILES if file in snapshot.files]
    for file in wanted:
        try:
            check_size(FILES[file], snapshot.files[file].size)
        except ModelError as error:
            raise ModelError(f"{name}: {error}") from None
    return wanted


def _fetch_file(
    name: HubName, file: str, snapshot: HubSnapshot, work: Path, patience: Patience, tell: Tell
) -> None:
    """Fetch one file, unless an attempt before had it already.

    Raises:
        GanzooError: it cannot be had, or is not what the hub says.
    """
    known, path = snapshot.files[file], work / FILES[file]
    if known.is_in(path):
        return
    remove(path)
    address = file_address(name, file)
    tick = _tick(tell) if known.size >= LARGE else lambda doing, done, total: None
    download(address, path, patience, tick, tell, headers=authorization(), most=known.size)
    if not known.is_in(path):
        remove(path)
        raise GanzooError(f"{name}: {file} arrived damaged: its hash is not what the hub says")


def _check_weights(name: HubName, work: Path) -> None:
    try:
        read_model_header(work / MODEL_FILE)
    except ModelError:
        remove(work)
        raise ModelError(
            f"{name}: its {MODEL_FILE} was not written by ganzoo and has no recipe; get the file "
            "yourself, and make it a model: ganzoo import"
        ) from None


def _tick(tell: Tell) -> Callable[[str, int, int], None]:
    """Tells of every tenth of a file that arrived."""
    reported = [0]

    def tick(doing: str, done: int, total: int) -> None:
        tenth = 10 * done // total if total else 0
        if tenth > reported[0]:
            reported[0] = tenth
            tell(f"  {10 * tenth} % of {short_count(total, 'B')}")

    return tick


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turn what the disk says into a sentence."""
    try:
        yield
    except OSError as error:
        where, why = error.filename or folder, error.strerror or error
        raise GanzooError(f"{where}: {why}; GANZOO_CACHE names another folder") from None
