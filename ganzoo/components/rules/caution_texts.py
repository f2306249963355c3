"""What several cautions say: counts, folders, and the commands that they advise."""

from __future__ import annotations

import shlex

from ganzoo.interfaces.data_fingerprint import DomainFacts
from ganzoo.interfaces.rule import RecipeDraft


def find_side(draft: RecipeDraft) -> int:
    """The shorter side of a sample, in pixels."""
    size = draft.value("data.size", 256)
    return int(size if isinstance(size, int) else min(size))


def count_images(count: int) -> str:
    """`1 image`, `1,200 images`."""
    return f"{count:,} image{'' if count == 1 else 's'}"


def count_looked_at(domain: DomainFacts) -> int:
    """The images among which copies were looked for."""
    return domain.looked_at or domain.images


def count_different(domain: DomainFacts) -> int:
    """The images that are no copies of others, as far as they were looked at."""
    known = count_looked_at(domain)
    return max(1, round(domain.images * (known - domain.duplicates) / known))


def name_folder(domain: DomainFacts) -> str:
    """The folder's own name, in quotes."""
    return f"'{domain.folder_name}'"


def check_command(domain: DomainFacts) -> str:
    """The command that names the files which a caution counts."""
    return f"ganzoo data check {shlex.quote(domain.folder)} --as images"


def plan_command(x: DomainFacts, y: DomainFacts, *options: str) -> str:
    """The command that plans for two folders."""
    return shlex.join(["ganzoo", "plan", x.folder, y.folder, *options])
