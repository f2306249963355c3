"""Which file translates which way, and that averages come before weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganzoo.errors import ModelError
from ganzoo.importing.directions import assign_directions
from ganzoo.importing.searching import StoredNetwork
from ganzoo.interfaces import Guess

GENERATOR = Guess("generator", "resnet", {}, {})


def stored(*labels):
    """Networks of files that are called so; after a colon, what wraps their names."""
    split = (label.partition(":") for label in labels)
    return [
        StoredNetwork(Path(f"{stem}.pth"), wrapper, GENERATOR, {}) for stem, _, wrapper in split
    ]


@pytest.mark.parametrize(
    ("labels", "forward", "backward"),
    [
        (("latest_net_G_A", "latest_net_G_B"), 0, 1),
        (("200_net_G_B", "200_net_G_A"), 1, 0),
        (("last:state_dict.netG_B.", "last:state_dict.netG_A."), 1, 0),
        (("last:gen_AB.", "last:gen_BA."), 0, 1),
        (("horse2zebra", "zebra2horse"), 0, 1),
        (("b2a", "a2b"), 1, 0),
        (("latest_net_G",), 0, None),
        (("latest_net_G_B",), None, 0),
        (("x2y", "any"), 0, 1),
        (("any", "x2y"), 1, 0),
        (("net_G_A", "net_G_A_ema"), 1, None),
        (("net_gen_ab", "net_avg_gen_ab", "net_avg_gen_ba"), 1, 2),
        (("last:G.", "last:G_ema."), 1, None),
        (("last:ema.netG_A.", "last:netG_A."), 0, None),
    ],
)
def test_directions(labels, forward, backward):
    networks = stored(*labels)
    generators = assign_directions(networks).generators
    expected = {"forward": forward, "backward": backward}
    assert generators == {d: networks[n] for d, n in expected.items() if n is not None}


def test_what_an_average_stands_for_is_named():
    weights, average = stored("net_G_A", "net_G_A_ema")
    assert assign_directions([weights, average]).left_out == [
        (weights, "net_G_A_ema is its average")
    ]


@pytest.mark.parametrize("labels", [("G_A", "other_G_A"), ("one", "two", "three")])
def test_too_many(labels):
    with pytest.raises(ModelError, match="import one model at a time"):
        assign_directions(stored(*labels))
