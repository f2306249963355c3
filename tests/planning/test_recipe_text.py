"""A planned recipe's text reads back to the planned tables, with a reason for every value."""

from __future__ import annotations

import random
import string
import tomllib

import pytest

from ganzoo.interfaces import Decision, DomainFacts, Fingerprint, StepCost, Wishes
from ganzoo.planning.drafting import PlanDraft
from ganzoo.planning.recipe_text import WIDTH, write_recipe

FACTS = Fingerprint("domains", {}, DomainFacts("x", 10), DomainFacts("y", 20))
ODD = [
    *("", "plain", 'a "quote"', "back\\slash", "'", "# no comment", "] = [", "two\nlines", "tab\t"),
    *("\x1b[31mred", "\u202ereversed", "\x7f\x85", "\u2028", "é 図 🙂", "x" * 150, "word " * 40),
    *('"""', "{ }", "\r\n", "\x00", "G(F(y))"),
]


def drafted(*decisions):
    draft = PlanDraft(FACTS, Wishes(), lambda recipe: StepCost(0, 0.0))
    for number, decision in enumerate(decisions):
        draft.take(f"rule_{number % 7}", decision)
    return draft


def text_of(*decisions, head=()):
    draft = drafted(*decisions)
    return write_recipe(draft.recipe, draft.decided, head)


def test_short_reasons_stand_behind_their_values_in_columns():
    text = text_of(
        Decision("train.length", "2600 steps", "two hours", "raise it if losses still fall"),
        Decision("networks.G.type", "resnet", "it keeps the layout", how="fixed"),
        Decision("networks.G.width", 16, "8 GB"),
        Decision("name", "mine", "the folder's name.", how="trial"),
        head=["Planned."],
    )
    assert text == (
        "# Planned.\n"
        "\n"
        'name = "mine"  # trial rule_3: the folder\'s name\n'
        "\n"
        "[networks.G]\n"
        'type  = "resnet"  # fixed rule_1: it keeps the layout\n'
        "width = 16        # rule rule_2: 8 GB\n"
        "\n"
        "[train]\n"
        'length = "2600 steps"  # rule rule_0: two hours; raise it if losses still fall\n'
    )


def test_where_one_reason_is_long_all_of_the_table_stand_above():
    long = "word " * 30
    text = text_of(Decision("train.seed", 0, "any"), Decision("train.batch_size", 1, long))
    lines = text.splitlines()
    assert lines[:4] == ["[train]", "# rule rule_0: any", "seed       = 0", lines[3]]
    assert lines[3].startswith("# rule rule_1: word word")
    assert lines[4].startswith("#   word")
    assert lines[-1] == "batch_size = 1"


def test_a_table_decided_as_one_stays_in_a_line_until_a_value_in_it_is_decided():
    term = {"type": "l1", "prediction": "F(G(x))", "target": "x", "weight": 10}
    cycle = Decision("losses.cycle", term, "it keeps the layout")
    assert text_of(cycle) == (
        "[losses]\n# rule rule_0: it keeps the layout\n"
        'cycle = { type = "l1", prediction = "F(G(x))", target = "x", weight = 10 }\n'
    )
    text = text_of(cycle, Decision("losses.cycle.weight", 3, "near domains"))
    assert text == (
        "# rule rule_0: it keeps the layout\n[losses.cycle]\n"
        'type       = "l1"\nprediction = "F(G(x))"\ntarget     = "x"\n'
        "weight     = 3  # rule rule_1: near domains\n"
    )


def test_the_order_is_that_of_the_documentation():
    paths = ["callbacks.c.type", "train.seed", "data.type", "losses.l.type", "networks.G.type"]
    text = text_of(*(Decision(f"{path}", 1, "why") for path in [*paths, "mine.z", "name"]))
    starts = [line.partition(" ")[0] for line in text.splitlines() if line[:1] in ("[", "n")]
    expected = ["name", "[networks.G]", "[losses.l]", "[data]", "[train]", "[callbacks.c]"]
    assert starts == [*expected, "[mine]"]


def test_long_lists_are_broken():
    wires = [f"G{n}(x)" for n in range(40)]
    text = text_of(Decision("samples.show", wires, "all of them"))
    assert tomllib.loads(text) == {"samples": {"show": wires}}
    assert all(len(line) <= WIDTH for line in text.splitlines())
    assert len(text.splitlines()) == 9


@pytest.mark.parametrize("odd", ODD)
def test_odd_texts_are_values_keys_and_reasons(odd):
    key = odd.replace(".", "") or "empty"
    decisions = [
        Decision(f"data.{key}", odd, odd, odd),
        Decision("data.list", [odd, {"inner": odd}], odd),
        Decision(f"networks.{key}.type", odd, "why"),
    ]
    text = text_of(*decisions, head=[odd, f"x: {odd}"])
    text.encode()
    assert tomllib.loads(text) == drafted(*decisions).recipe
    assert not set(text) & {"\x1b", "\u202e", "\x85", "\u2028", "\x00", "\r", "\x7f"}


def plain(value):
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def some_value(rng, depth=0):
    makes = [
        lambda: rng.choice(ODD),
        lambda: "".join(rng.choices(string.printable, k=rng.randrange(60))),
        lambda: rng.choice([0, 1, -5, 10**12, 0.5, 4e-4, 1e300, -0.0, True, False]),
        lambda: tuple(rng.random() for _ in range(rng.randrange(30))),
    ]
    if depth < 3:
        makes += [
            lambda: [some_value(rng, depth + 1) for _ in range(rng.randrange(6))],
            lambda: {some_key(rng): some_value(rng, depth + 1) for _ in range(rng.randrange(5))},
        ]
    return rng.choice(makes)()


def some_key(rng):
    return rng.choice([*"abcdefgh", "D_X", "with space", "é", 'q"', "beta-1", "train", "x\ny"])


def some_decision(rng):
    tables = ["networks", "losses", "data", "train", "metrics", "mine", "callbacks"]
    path = ".".join([rng.choice(tables), *(some_key(rng) for _ in range(rng.randrange(1, 4)))])
    reason = "".join(rng.choices(string.printable, k=rng.randrange(1, 160)))
    return Decision(path, some_value(rng), reason, rng.choice(["", reason]))


@pytest.mark.parametrize("seed", range(60))
def test_any_draft_reads_back(seed):
    """As each rule decides: values, tables, values in tables decided before."""
    rng = random.Random(seed)
    draft = drafted()
    for _ in range(rng.randrange(40)):
        decision = some_decision(rng)
        if fits_in(draft.recipe, decision.path.split(".")):
            draft.take("some", decision)
    text = write_recipe(draft.recipe, draft.decided)
    assert tomllib.loads(text) == plain(draft.recipe)
    assert write_recipe(draft.recipe, draft.decided) == text
    lines = text.split("\n")
    assert all(len(line) <= WIDTH for line in lines if line.startswith("#") and " " in line[4:])


def fits_in(tables, keys):
    """Whether all tables on the way are tables."""
    for key in keys[:-1]:
        tables = tables.get(key, {})
        if not isinstance(tables, dict):
            return False
    return True
