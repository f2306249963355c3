"""What a bundle holds, as its manifest says: files of known kinds, and the packages they need.

    manifest.json       this list
    model.safetensors   the weights, with the recipe in their header
    recipe.toml         the same recipe, to read and to train again
    card.md, card.json  what the model is, and what it is worth
    samples.png         a picture of what it makes

There is no kind of file for code: a bundle that holds anything else is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ganzoo.errors import ModelError, cut
from ganzoo.files.untrusted import UntrustedError, is_count, parse_json
from ganzoo.printing.text import one_line, short_count
from ganzoo.recipe.toml_text import RECIPE_FILE
from ganzoo.registry.needed_packages import PACKAGE
from ganzoo.registry.packages import MODEL_FILE
from ganzoo.runs.layout import CARD_FILE, CARD_JSON, CARD_SAMPLES

FORMAT = 1
MANIFEST = "manifest.json"
# The most bytes that each may have.
MOST_BYTES = {
    **dict.fromkeys((MANIFEST, RECIPE_FILE, CARD_FILE, CARD_JSON), 1 << 20),
    MODEL_FILE: 32 << 30,
    CARD_SAMPLES: 64 << 20,
}
DIGEST = re.compile(r"[0-9a-f]{64}")
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.!+_-]{0,49}|\?")


@dataclass(frozen=True)
class Member:
    """A file in a bundle: its name, its size in bytes, and the SHA-256 of its content in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself.

    name: the model's.
    packages: the versions of the distributions whose components its recipe names, by name.
    files: all others in the bundle.
    """

    name: str
    packages: Mapping[str, str]
    files: tuple[Member, ...]

    def to_bytes(self) -> bytes:
        """The text of manifest.json."""
        files = [{"name": f.name, "size": f.size, "sha256": f.sha256} for f in self.files]
        table = {
            "format": FORMAT,
            "name": self.name,
            "packages": dict(sorted(self.packages.items())),
        }
        return (json.dumps({**table, "files": files}, indent=2) + "\n").encode()


def most_bytes(name: str) -> int:
    """How many bytes a file of that name may have.

    Raises:
        ModelError: it is of no known kind, as code would be.
    """
    if name not in MOST_BYTES:
        raise ModelError(
            f"'{cut(one_line(name))}' is nothing that a bundle holds, which is data and never "
            f"code: {', '.join(MOST_BYTES)}"
        )
    return MOST_BYTES[name]


def check_names(names: Iterable[str]) -> None:
    """Check that every file is of a known kind, and there once.

    Raises:
        ModelError: one is not.
    """
    different: set[str] = set()
    for name in names:
        most_bytes(name)
        if name in different:
            raise ModelError(f"'{name}' is there twice")
        different.add(name)


def check_size(name: str, size: int) -> None:
    """Check that a file is not larger than one of its kind may be.

    Raises:
        ModelError: it is, or its name is of no known kind.
    """
    most = most_bytes(name)
    if size > most:
        raise ModelError(
            f"'{name}' has {short_count(size, 'B')}; no more than {short_count(most, 'B')} are read"
        )


def parse_manifest(text: bytes) -> Manifest:
    """A manifest from its text, which may come from a stranger.

    Raises:
        ModelError: it has another form; the message says where.
    """
    try:
        table = parse_json(text)
    except (UntrustedError, UnicodeDecodeError) as error:
        raise ModelError(f"{MANIFEST}: {error}") from None
    if not isinstance(table, dict):
        raise ModelError(f"{MANIFEST} holds no JSON object")
    version = table.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise ModelError(f"it has format {version}, and this ganzoo reads {FORMAT}: upgrade ganzoo")
    if version != FORMAT:
        raise ModelError(f"{MANIFEST} says no format that this ganzoo reads")
    name, packages, files = table.get("name"), table.get("packages"), table.get("files")
    if not isinstance(name, str) or len(name) > 200:
        raise ModelError(f"{MANIFEST}: its name is of another form")
    if not isinstance(files, list):
        raise ModelError(f"{MANIFEST}: it lists no files")
    members = tuple(_member(entry) for entry in files)
    check_names([MANIFEST, *(member.name for member in members)])
    return Manifest(name, check_packages(packages), members)


def check_packages(packages: Any) -> dict[str, str]:
    """The versions of packages by name; names may end up in a command that a person types.

    Raises:
        ModelError: one is no name or no version of a package.
    """
    if not isinstance(packages, dict) or len(packages) > 1000:
        raise ModelError("its packages are of another form")
    for name, version in packages.items():
        if not PACKAGE.fullmatch(name):
            raise ModelError(f"'{cut(one_line(name))}' is no name of a package")
        if not isinstance(version, str) or not VERSION.fullmatch(version):
            raise ModelError(f"the version of package '{name}' is of another form")
    return dict(packages)


def _member(entry: Any) -> Member:
    match entry:
        case {"name": str(name), "size": int(size), "sha256": str(digest)}:
            if is_count(size) and DIGEST.fullmatch(digest):
                check_size(name, size)
                return Member(name, size, digest)
    raise ModelError(f"{MANIFEST}: a file in it has no name, size or SHA-256")
