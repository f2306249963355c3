"""Recipes bent at random: whatever is wrong with them is a message of ganzoo's, on one screen."""

from __future__ import annotations

import copy
import random
import tomllib

import pytest

from ganzoo.builder.experiment import check_recipe
from ganzoo.cli.early import refuse_early
from ganzoo.errors import GanzooError
from ganzoo.recipe.loading import load_recipe, read_recipe
from ganzoo.registry.discovery import installed

ODD = [
    *(None, 0, -1, 1, 2**63, 10**30, 1.5, -0.0, float("nan"), float("inf"), True, False),
    *("", " ", "x", "G(x)", "F(G(x", "resnet", "l1", "5 epochs", "\0", "\ud800", "../.."),
    *("ü" * 300, "\x1b[2J"),
    *([], [1], ["x", 3], [[[]]], {}, {"type": "resnet"}, {"type": 3}, {"x": {"y": 1}}, {"": 1}),
]  # fmt: skip
KEYS = ["type", "", "a.b", "order", "x", "G", "weight", "\0", "extends", "__class__", "D_Y", "é"]
SMALL = """
[networks]
G = { type = "resnet", width = 2, blocks = 1 }
D = { type = "patchgan", width = 2, layers = 1 }
[losses.adversarial]
type = "lsgan"
real = "D(y)"
fake = "D(G(x))"
penalties = [{ type = "r1", weight = 0.1 }]
buffer = { type = "history" }
[losses.content]
type = "l1"
prediction = "G(x)"
target = "x"
weight = { type = "linear", value = 3 }
[outputs]
x2y = "G(x)"
[samples]
show = ["x", "x2y"]
[data]
type = "streets"
size = 16
[optimizers]
default = { type = "adam", lr = 2e-4, betas = [0.5, 0.9] }
[ema]
decay = 0.9
[train]
length = "10 steps"
"""


def places(tables, path=()):
    for key, value in tables.items() if isinstance(tables, dict) else enumerate(tables):
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))


def bent(tables, chance):
    """The tables with one to three places changed, renamed, dropped, moved or added to."""
    tables = copy.deepcopy(tables)
    for _ in range(chance.randint(1, 3)):
        path = chance.choice(list(places(tables)) or [("x",)])
        table = tables
        for key in path[:-1]:
            table = table[key]
        how = chance.choice(["value", "value", "drop", "rename", "add", "swap"])
        if how == "value" or not isinstance(table, dict):
            table[path[-1]] = copy.deepcopy(chance.choice(ODD))
        elif how == "drop":
            table.pop(path[-1], None)
        elif how == "rename":
            table[chance.choice(KEYS)] = table.pop(path[-1], 1)
        elif how == "add":
            table[chance.choice(KEYS)] = copy.deepcopy(chance.choice(ODD))
        else:
            table[path[-1]] = copy.deepcopy(chance.choice(list(tables.values())))
    return tables


def survives(check, *arguments):
    """Only ganzoo's own errors may come, and each is a screen of lines."""
    try:
        check(*arguments)
    except GanzooError as error:
        lines = str(error).splitlines()
        assert len(lines) <= 45
        assert max(map(len, lines)) <= 700


def look_early(source, overrides=()):
    refuse_early(read_recipe(source, overrides))


@pytest.mark.case("E10", "E7")
@pytest.mark.parametrize("name", [n for n in installed().recipes if "." not in n][::4])
def test_a_bent_recipe_is_a_fault(name):
    chance = random.Random(f"reading {name}")
    tables = load_recipe(name).to_dict()
    for _ in range(60):
        survives(look_early, bent(tables, chance))


@pytest.mark.case("E10", "E7")
@pytest.mark.parametrize("seed", range(4))
def test_a_bent_recipe_is_a_fault_for_the_builder(seed):
    chance = random.Random(f"building {seed}")
    tables = tomllib.loads(SMALL)
    for _ in range(40):
        survives(check_recipe, bent(tables, chance))


@pytest.mark.case("E10")
def test_bent_bytes_of_a_file(tmp_path):
    chance = random.Random("bytes")
    for number in range(200):
        content = bytearray(SMALL.encode())
        for _ in range(chance.randint(1, 5)):
            place = chance.randrange(len(content))
            content[place : place + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        file = tmp_path / f"{number}.toml"
        file.write_bytes(content)
        survives(look_early, file)


@pytest.mark.case("D2", "E10")
def test_bent_overrides():
    chance = random.Random("overrides")
    paths = [".".join(map(str, path)) for path in places(tomllib.loads(SMALL))]
    for _ in range(300):
        value = chance.choice(
            [*map(str, ODD), "{", "[1", '"', "'", "=", "a=b", "{a=1}", "1 2", "\\"]
        )
        path = chance.choice([*paths, "", ".", "a..b", "x" * 300])
        survives(look_early, tomllib.loads(SMALL), [f"{path}={value}"])
