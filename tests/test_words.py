"""One word a thing: the words that ganzoo gave up are in no name, no sentence and no message.

`python tests/test_words.py ganzoo/report docs` lists what is left in some folders.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = [ROOT / "ganzoo", *sorted((ROOT / "plugins").glob("ganzoo-*/ganzoo_*"))]
PROSE = [
    *(ROOT / "docs").glob("*.md"),
    ROOT / "README.md",
    *ROOT.glob("plugins/ganzoo-*/README.md"),
    *ROOT.glob("recipes/**/*.toml"),
    *ROOT.glob("plugins/ganzoo-*/ganzoo_*/recipes/*.toml"),
    *ROOT.glob("ganzoo/**/*.md"),
]

# Given up everywhere: the word, and what is said in its place.
WORDS = {
    r"critics?": "discriminator",
    r"parts?(?! of)": "component",
    r"figures?(?! \d)": "score, value",
    r"aligned": "paired",
    r"eyes": "feature extractor",
    r"crowds?": "distribution",
    r"observers?": "callback",
    r"movers?": "player optimizer",
    r"witness(?:es)?": "batch hook",
    r"judge[sd]?|judging": "logits, discriminator output, segmenter, debounce",
}
# Given up as names; as English words they may stand in a sentence.
NAMES = {
    "part": "component",
    "parts": "components",
    "cases": "per-sample scores",
    "kept": "cache, or what it is",
    "found": "what it is",
    "made": "what it is",
    "told": "reported, or what it is",
    "seen": "observed, or what it is",
    "spell": "format",
    "spelled": "formatted",
    "optimisation": "player optimizer",
    "optimisations": "player optimizers",
    "making": "fake plan",
    "makings": "fake plans",
    "looks": "stop sync, probe",
    "charge": "weighted penalty",
    "charges": "weighted penalties",
    "pace": "update interval",
    "paces": "update intervals",
    "span": "loss range",
    "spans": "loss ranges",
    "chance": "rng",
    "notes": "warnings",
    "recorder": "run record, callback",
    "subject": "probed output",
    "subjects": "probed outputs",
}
# Where a word of the above is another's: a library's names, a paper's own, a file's, a
# tag of HTML, and keys that lie in run folders.
ALLOWED = re.compile(
    r"FileNotFoundError|ModuleNotFoundError|PackageNotFoundError|RepositoryNotFoundError"
    r"|FigureCanvasAgg"
    r"|\"figures?\"|\"critic\"|earth mover|in part\b|take[sn]? part\b|part-\d|\.part\b"
    r"|connection_made|MultiPart(?:Parser|Exception)|max_part_size"
)
# Files that quote what is refused or read from older versions.
QUOTING = {"former.py", "older.py", "cases.md"}
TWICE: dict[str, str] = {
    "evaluate": "the command, and the function that it calls",
}  # file names that may stand twice, and why
SAME: dict[str, str] = {}  # class names that may stand twice, and why


def names_of(source: str) -> Iterator[tuple[int, str]]:
    """The names that a source defines or uses, by line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME and not ALLOWED.search(token.string):
            yield token.start[0], token.string


def words_of(name: str) -> list[str]:
    """`critic_owner` and `CriticOwner` as words."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")


def sentences_of(source: str) -> Iterator[tuple[int, str]]:
    """Comments and texts, by line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            for more, line in enumerate(token.string.splitlines()):
                yield token.start[0] + more, line


def faults(path: Path) -> list[str]:
    """Where a file uses a word that was given up."""
    source, shown = path.read_text(encoding="utf-8"), path.relative_to(ROOT)
    sentences = sentences_of(source) if path.suffix == ".py" else enumerate(source.splitlines(), 1)
    wrong = [
        f"{shown}:{line}: '{match.group(0)}' -> {then}"
        for line, text in sentences
        for word, then in WORDS.items()
        for match in _pattern(word).finditer(ALLOWED.sub("", text))
    ]
    if path.suffix == ".py":
        wrong += [
            f"{shown}:{line}: name {name} -> {_then(word)}"
            for line, name in names_of(source)
            for word in words_of(name)
            if _then(word)
        ]
    return wrong


def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z])(?:{word})(?![A-Za-z])", re.IGNORECASE)


def _then(word: str) -> str:
    if word in NAMES:
        return NAMES[word]
    return next((then for old, then in WORDS.items() if re.fullmatch(old, word)), "")


def files(folders: list[Path]) -> list[Path]:
    """What is read: code and prose, but what quotes the old words on purpose."""
    some = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    return [path for path in [*some, *PROSE] if path.name not in QUOTING]


@pytest.mark.parametrize("path", files(PACKAGES), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_word_a_thing(path):
    assert faults(path) == []


def test_the_words_are_looked_for(tmp_path, monkeypatch):
    """The test can fail: names in both spellings, sentences, and words inside of others."""
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    source = 'def _critic(found):\n    """The Critics, aligned. Part of it."""  # partial\n'
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    assert [fault.partition(" ->")[0] for fault in faults(tmp_path / "a.py")] == [
        "a.py:2: 'Critics'",
        "a.py:2: 'aligned'",
        "a.py:1: name _critic",
        "a.py:1: name found",
    ]


def test_no_file_name_twice():
    """But for those that mirror each other on purpose."""
    places = defaultdict(list)
    for path in (path for package in PACKAGES for path in package.rglob("*.py")):
        if path.name not in ("__init__.py", "__main__.py"):
            places[path.stem].append(str(path.relative_to(ROOT)))
    twice = {name: where for name, where in places.items() if len(where) > 1}
    assert {name: where for name, where in twice.items() if name not in TWICE} == {}
    assert twice.keys() >= TWICE.keys()


def test_no_class_name_twice():
    places = defaultdict(list)
    for path in (path for package in PACKAGES for path in package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    twice = {name: where for name, where in places.items() if len(where) > 1}
    assert {name: where for name, where in twice.items() if name not in SAME} == {}
    assert twice.keys() >= SAME.keys()


if __name__ == "__main__":
    asked = [Path(word).resolve() for word in sys.argv[1:]]
    some = [path for path in asked if path.is_file()]
    for folder in (path for path in asked if path.is_dir()):
        some += [p for end in ("py", "md", "toml") for p in sorted(folder.rglob(f"*.{end}"))]
    for path in some:
        if path.name not in QUOTING:
            print("\n".join(faults(path)), end="\n" if faults(path) else "")
