"""`ganzoo check`: a recipe's wires, shapes and cost, without data."""

from __future__ import annotations

import re

from typer.testing import CliRunner

from ganzoo.cli import app
from ganzoo.printing.text import short_count


def run(*words):
    return CliRunner().invoke(app, ["check", *map(str, words)])


def lines(*words):
    done = run(*words)
    assert done.exit_code == 0, done.output
    return [re.sub(r" {2,}", "  ", line) for line in done.stdout.splitlines()]


def sets(*pairs):
    return [word for pair in pairs for word in ("--set", pair)]


def test_it_shows_every_wire_and_its_shape(recipes):
    page = lines(recipes / "cyclegan.toml", *sets("data.size=32", "train.batch_size=2"))
    start = page.index("wiring")
    assert page[start + 1 : start + 3] == [
        "  adversarial_Y  lsgan  real = D_Y(y)  2 x 1 x 6 x 6",
        "  fake = D_Y(G(x))  2 x 1 x 6 x 6",
    ]
    assert "  cycle_X  l1  prediction = F(G(x))  2 x 3 x 32 x 32" in page
    assert "  y2x  output  F(y)  2 x 3 x 32 x 32" in page
    assert page[-1] == "ok: 4 terms, 4 networks, 2 players"


def test_a_dropped_term_and_what_only_it_needed():
    page = lines("cyclegan_cycle_alone")
    assert "  adversarial_Y  lsgan  dropped (weight 0)" in page
    assert "  not built, for nothing reaches them: D_X, D_Y" in page
    assert page[-1] == "ok: 2 terms, 2 networks, 1 player"


def test_its_cost_is_the_arithmetic_of_a_step(tmp_path):
    """A 1x1 critic alone: FLOPs of three convolutions by hand, forward and backward."""
    recipe = """
    [networks]
    G = { type = "resnet", width = 1, blocks = 0, downsamplings = 0 }
    [losses]
    l1 = { type = "l1", prediction = "G(x)", target = "y" }
    [data]
    type = "streets"
    size = 8
    [optimizers]
    default = { type = "adam" }
    [train]
    length = "1 step"
    batch_size = 3
    """
    (tmp_path / "small.toml").write_text(recipe)
    cost = next(line for line in lines(tmp_path / "small.toml") if "arithmetic" in line)
    # One 7x7 convolution 3 -> 1 and one 1 -> 3 of 64 pixels: forward, and backward to the weights;
    # backward to the input only for the second.
    one = 2 * 3 * 49 * 64
    total = 3 * (5 * one)
    assert cost.startswith(
        f"  arithmetic  {short_count(total, 'FLOP')}, {short_count(total / 3, 'FLOP')} an image"
    )


def test_a_network_that_no_term_reaches_is_named(recipes):
    extra = sets("networks.H={type='resnet', width=2, blocks=0}", "outputs.h='H(x)'")
    page = lines(recipes / "cyclegan.toml", *extra)
    notes = [line for line in page if line.startswith("note: networks.")]
    assert notes == ["note: networks.H: no live term reaches it, so it keeps its first weights"]


def test_no_data_is_read(tmp_path, recipes):
    paper = recipes / "cyclegan_paper.toml"
    page = lines(paper, *sets(f"data.root='{tmp_path / 'not-there'}'"))
    assert page[-1].startswith("ok: ")


def test_faults_are_printed_bare_and_end_with_2(recipes):
    done = run(
        recipes / "cyclegan.toml", *sets("networks.G.widht=3", "losses.cycle_X.target='F(z)'")
    )
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "--set: 2 faults",
        "  networks.G.widht       'resnet' has no setting 'widht'. Did you mean 'width'?",
        "  losses.cycle_X.target  F(z)",
        "                           ^ there is no variable 'z'. Use 'x' or 'y'.",
    ]


def test_an_unknown_recipe_ends_with_2():
    done = run("cyclegn")
    assert done.exit_code == 2
    assert done.stderr == (
        "ganzoo: there is no recipe 'cyclegn'. Did you mean 'cyclegan'? See: ganzoo list recipes\n"
    )


def test_a_fault_with_brackets_is_printed_whole(recipes):
    done = run(recipes / "cyclegan.toml", *sets("networks=3"))
    assert "this should be a table, as [networks], not 3" in done.stderr
