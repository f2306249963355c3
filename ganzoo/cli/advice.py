"""Guesses what a wrong command line meant: words of other programs, missing quotes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from ganzoo.errors import did_you_mean
from ganzoo.registry import former

# Commands, and their names in other programs.
COMMANDS = {
    "run": ("train", "fit", "start", "learn"),
    "resume": ("continue", "restart", "go_on"),
    "translate": ("test", "predict", "infer", "inference", "apply", "convert", "transform"),
    "sample": ("generate", "draw", "samples"),
    "evaluate": ("eval", "validate", "score", "metrics", "benchmark"),
    "check": ("lint", "dry-run", "verify", "summary"),
    "show": ("info", "describe", "explain", "print", "cat"),
    "list": ("ls", "models", "zoo", "recipes", "components", "plugins", "runs"),
    "report": ("plot", "html", "dashboard"),
    "new": ("init", "create", "template"),
}
# Options whose values people write without quotes.
QUOTED = ("--set", "--change", "--data", "--out")
OPTIONS = {
    "--data": ("dataroot", "data_root", "data_dir", "dataset", "dataset_dir", "dataset_path"),
    "--out": ("name", "output_dir", "outdir", "save_dir", "checkpoints_dir", "results_dir"),
    "--processes": ("gpus", "gpu_ids", "gpu", "nproc", "num_gpus", "world_size"),
    "--resume": ("continue_train", "continue"),
}


def command_meant(name: str, commands: Iterable[str]) -> str:
    """` Did you mean 'run'?` for `train`, `trian` and `rum`; the package of a command that left."""
    if package := former.COMMANDS.get(name):
        return f" The package {package} brings it: {former.how_to_install(package)}"
    known = list(commands)
    words = {other: command for command, others in COMMANDS.items() for other in others}
    near = did_you_mean(name, [*known, *words])
    for other, command in words.items():
        if f"'{other}'" in near and command in known:
            return f" Did you mean '{command}'?"
    return near or " See: ganzoo --help"


def option_meant(option: str, line: Sequence[str], known: Iterable[str]) -> str:
    """` Did you mean --set 'train.length=5 epochs'?` for `--epochs 5`."""
    from ganzoo.registry.synonyms import synonym

    name, known = option.lstrip("-").replace("-", "_").lower(), list(known)
    own = [own for own, others in OPTIONS.items() if name in others and own in known]
    if own:
        return f" Did you mean {own[0]}?"
    value = _value_of(option, line)
    is_number = re.fullmatch(r"\d+(\.\d+)?", value)
    said = synonym(name, float(value) if is_number else value, {}) if "--set" in known else ""
    if length := re.search(r'"(.*)"', said):
        return f" Did you mean --set 'train.length={length[1]}'?"
    if path := re.search(r"'(.*)'", said):
        return f" Did you mean --set {shlex.quote('='.join([path[1], value or '...']))}?"
    near = did_you_mean(option, known)
    return near.replace("'", "") if near else ""


def _value_of(option: str, line: Sequence[str]) -> str:
    """The value of an option that is written as `--lr 1e-4` or `--lr=1e-4`."""
    for word, after in zip(line, [*line[1:], ""], strict=True):
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
        if word == option and not after.startswith("-"):
            return after
    return ""


def quotes_meant(line: Sequence[str], extra: str, known: Iterable[str]) -> str:
    """Advice for words too many on a line: quotes around an option's value, or `--data FOLDER`.

    extra: the words that were too many. known: the command's options.
    """
    for place, word in enumerate(line[:-2]):
        value, rest = line[place + 1], line[place + 2 : place + 2 + len(extra.split())]
        lost = rest and not any(each.startswith("-") or _is_recipe(each) for each in rest)
        if word in QUOTED and lost:
            return f" Put quotes around it: {word} {shlex.quote(' '.join([value, *rest]))}"
    if "--data" in known and Path(extra).is_dir():
        return f" Did you mean --data {shlex.quote(extra)}?"
    return ""


def _is_recipe(word: str) -> bool:
    from ganzoo.registry.discovery import installed

    return word in installed().recipes or Path(word).exists()
