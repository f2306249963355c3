"""Completion codes: a table of those that were earned, and a check of those that were handed in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ganzoo.errors import GanzooError
from ganzoo.files.untrusted import UntrustedError, read_text
from ganzoo.printing.tabular import as_csv

from ganzoo_study.participants import ALPHABET, GROUP, GROUPS
from ganzoo_study.records import Participation

GROUP_PATTERN = f"[{ALPHABET}]{{{GROUP}}}"
CODE = re.compile(
    rf"(?<![\w-]){GROUP_PATTERN}(?:-{GROUP_PATTERN}){{{GROUPS - 1}}}(?![\w-])", re.IGNORECASE
)
LARGEST = 16 << 20
SHOWN = 20


def codes_csv(participations: Sequence[Participation]) -> str:
    """The codes of all who have finished."""
    table: list[Sequence[Any]] = [("code", "participant", "started", "finished")]
    table += [(p.code, p.participant, p.started, p.finished) for p in _earned(participations)]
    return as_csv(table)


def check_codes(path: Path, participations: Sequence[Participation]) -> Iterator[str]:
    """What is to say of the codes in a file, whatever else stands in it.

    Raises:
        GanzooError: the file cannot be read, or has no codes.
    """
    given = Counter(code.upper() for code in CODE.findall(_read(path)))
    if not given:
        raise GanzooError(f"{path}: there is no completion code in it, as 7QKM-2XDP-9TAR-BVWZ")
    earned = {p.code: p.participant for p in _earned(participations)}
    good = [code for code in given if code in earned]
    yield f"{path}: {len(given)} different codes, {len(good)} of them earned here."
    yield from _listed("not earned here", [code for code in given if code not in earned])
    yield from _listed("given more than once", [code for code in good if given[code] > 1])
    yield from _listed("earned but not in the file", [c for c in earned if c and c not in given])


def _earned(participations: Sequence[Participation]) -> list[Participation]:
    return [p for p in participations if p.finished and p.code]


def _listed(what: str, codes: Sequence[str]) -> Iterator[str]:
    if codes:
        more = f" and {len(codes) - SHOWN} more" if len(codes) > SHOWN else ""
        yield f"  {what}: {', '.join(codes[:SHOWN])}{more}"


def _read(path: Path) -> str:
    try:
        return read_text(path, LARGEST)
    except UntrustedError as error:
        raise GanzooError(str(error)) from None
    except OSError as error:
        raise GanzooError(f"--codes {path}: {error.strerror or error}") from None
