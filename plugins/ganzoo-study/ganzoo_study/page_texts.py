"""What participants read, in any language: the shipped texts, and a user's own TOML file."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from ganzoo.errors import GanzooError, did_you_mean
from ganzoo.files.untrusted import UntrustedError, read_text

SHIPPED = Path(__file__).with_name("texts")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
DIRECTIONS = ("ltr", "rtl")
LONGEST = 10_000  # letters of one text
LARGEST_FILE = 1 << 20
CONSENT = ("language", "consent_title", "consent", "agree")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

Texts = Mapping[str, str]


def languages() -> list[str]:
    """The languages that ship."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def shipped_file(language: str) -> str:
    """The file of a language that ships, comments and all, for a user to change.

    Raises:
        GanzooError: none ships in that language.
    """
    known = languages()
    if language not in known:
        raise GanzooError(
            f"--language {language}: texts ship in {', '.join(known)}; "
            "write your own from: ganzoo study texts > my.toml"
        )
    return (SHIPPED / f"{language}.toml").read_text(encoding="utf-8")


@cache
def english() -> Texts:
    """The default. Its keys, and the {words} in braces, are those that every file may have."""
    return tomllib.loads(shipped_file("en"))


def load_texts(given: str) -> dict[str, str]:
    """The texts of a file, or those that ship in a language.

    Raises:
        GanzooError: the file cannot be read, or its texts are wrong; all faults at once.
    """
    text = shipped_file(given) if given in languages() else _read(Path(given))
    try:
        texts = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise GanzooError(f"{given}: this is no TOML ({error})") from None
    faults = [*_key_faults(texts), *text_faults(texts)]
    if faults:
        raise GanzooError("\n".join(f"{given}: {fault}" for fault in faults))
    return {key: texts[key].strip() for key in english()}


def _read(path: Path) -> str:
    try:
        return read_text(path, LARGEST_FILE)
    except UntrustedError as error:
        raise GanzooError(str(error)) from None
    except OSError as error:
        raise GanzooError(
            f"--texts {path}: {error.strerror or error}; give a TOML file, or a language that "
            f"ships ({', '.join(languages())})"
        ) from None


def _key_faults(texts: Mapping[str, object]) -> Iterator[str]:
    missing = [key for key in english() if key not in texts]
    if missing:
        yield f"missing: {', '.join(missing)}; ganzoo study texts prints every key"
    unknown = [f"{key}.{did_you_mean(key, english())}" for key in texts if key not in english()]
    yield from (f"there is no text called {key}" for key in unknown)


def text_faults(texts: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with texts of known keys; keys that are missing are none of it."""
    for key, text in texts.items():
        if key in english():
            yield from _faults(key, text)


def _faults(key: str, text: object) -> Iterator[str]:
    if not isinstance(text, str) or not text.strip():
        yield f"{key} must be a text that is not empty"
    elif len(text) > LONGEST:
        yield f"{key} is longer than {LONGEST:,} letters"
    elif key == "language" and not LANGUAGE.fullmatch(text):
        yield f"language {text!r:.60} must be a code, as en, de or pt-BR"
    elif key == "direction" and text not in DIRECTIONS:
        yield "direction must be ltr, left to right, or rtl, right to left"
    else:
        known = PLACEHOLDER.findall(english()[key])
        for name in dict.fromkeys(PLACEHOLDER.findall(text)):
            if name not in known:
                may = " or ".join(f"{{{word}}}" for word in known) or "no braces"
                yield f"{key}: {{{name[:60]}}} is replaced by nothing; it may hold {may}"


def complete(texts: Texts | None) -> Texts:
    """A study's texts; what an older ganzoo did not write is English."""
    return {**english(), **(texts or {})}


def consent_digest(texts: Texts) -> str:
    """A hash of the page that participants agree to; a word changed is another text."""
    page = json.dumps([texts[key] for key in CONSENT])
    return hashlib.sha256(page.encode("utf-8", "surrogatepass")).hexdigest()
