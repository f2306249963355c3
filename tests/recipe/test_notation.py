"""An objective as a paper would print it."""

from __future__ import annotations

import pytest

from ganzoo.recipe.notation import Term, objective

LSGAN = "E[({real} - 1)²] + E[({fake})²]"
L1 = "‖{prediction} - {target}‖₁"
WIRES = {"real": "D(y)", "fake": "D(G(x))", "prediction": "F(G(x))", "target": "x"}


def test_an_objective():
    terms = [
        Term("adversarial", "lsgan", LSGAN, WIRES, note="history of 50"),
        Term("cycle", "l1", L1, WIRES, 10.0),
        Term("identity", "l1", L1, WIRES, 0.0),
    ]
    assert objective(terms, ["G", "F"], ["D"]) == [
        "G, F against D",
        "    E[(D(y) - 1)²] + E[(D(G(x)))²]   adversarial (history of 50)",
        "  + 10 ‖F(G(x)) - x‖₁                cycle",
        "",
        "dropped (weight 0)",
        "    ‖F(G(x)) - x‖₁   identity",
    ]


def test_without_a_critic_it_is_a_minimum():
    assert objective([Term("cycle", "l1", L1, WIRES)], ["G", "F"], [])[0] == "min over G, F"


@pytest.mark.parametrize(
    ("weight", "text"),
    [
        (1.0, "‖F(G(x)) - x‖₁"),
        (0.5, "0.5 ‖F(G(x)) - x‖₁"),
        (100.0, "100 ‖F(G(x)) - x‖₁"),
        (1e-4, "0.0001 ‖F(G(x)) - x‖₁"),
    ],
)
def test_a_weight_of_1_is_not_printed(weight, text):
    assert Term("t", "l1", L1, WIRES, weight).summand == text


def test_a_weighted_sum_has_brackets_and_a_norm_of_a_sum_has_none():
    assert Term("t", "l", LSGAN, WIRES, 2).summand == "2 (E[(D(y) - 1)²] + E[(D(G(x)))²])"
    assert Term("t", "l", "‖{prediction} + {target}‖₁", WIRES, 2).summand == "2 ‖F(G(x)) + x‖₁"


def test_a_negative_weight_is_a_difference():
    lines = objective([Term("a", "l1", L1, WIRES), Term("b", "l1", L1, WIRES, -2)], ["G"], [])
    assert lines[2] == "  - 2 ‖F(G(x)) - x‖₁   b"


@pytest.mark.parametrize("notation", ["", "{missing}", "{", "{0}", "{real.x}"])
def test_a_loss_without_a_notation_is_called(notation):
    term = Term("t", "blur", notation, {"real": "D(y)", "fake": "x"})
    assert term.formula == "blur(D(y), x)"
