"""The papers' tables: their published values, and that budgets know their systems."""

from __future__ import annotations

import pytest

from ganzoo.compare.run_scores import parameters
from ganzoo.reproduce.paper_tables import find_budget, find_tables, shipped
from ganzoo.reproduce.reproduction import plan_reproduction

# Zhu et al. 2017, tables 1 to 4; Isola et al. 2017. What is not here is not known here.
ZHU_1 = {
    "CoGAN": "0.6 ± 0.5, 0.9 ± 0.5",
    "BiGAN/ALI": "2.1 ± 1.0, 1.9 ± 0.9",
    "SimGAN": "0.7 ± 0.5, 2.6 ± 1.1",
    "Feature loss + GAN": "1.2 ± 0.6, 0.3 ± 0.2",
    "CycleGAN": "26.8 ± 2.8, 23.2 ± 3.4",
}
LABELS_TO_PHOTO = {
    "CoGAN": (0.40, 0.10, 0.06),
    "BiGAN/ALI": (0.19, 0.06, 0.02),
    "SimGAN": (0.20, 0.10, 0.04),
    "Feature loss + GAN": (0.06, 0.04, 0.01),
    "CycleGAN": (0.52, 0.17, 0.11),
    "pix2pix (paired)": (0.71, 0.25, 0.18),
}
PHOTO_TO_LABELS = {
    "CoGAN": (0.45, 0.11, 0.08),
    "BiGAN/ALI": (0.41, 0.13, 0.07),
    "SimGAN": (0.47, 0.11, 0.07),
    "Feature loss + GAN": (0.50, 0.10, 0.06),
    "CycleGAN": (0.58, 0.22, 0.16),
    "pix2pix (paired)": (0.85, 0.40, 0.32),
}
ABLATIONS = {
    "Cycle alone": (0.22, 0.07, 0.02),
    "GAN alone": (0.51, 0.11, 0.08),
    "GAN + forward cycle": (0.55, 0.18, 0.12),
    "GAN + backward cycle": None,
    "CycleGAN": (0.52, 0.17, 0.11),
}
ABLATIONS_BACK = {
    "Cycle alone": None,
    "GAN alone": None,
    "GAN + forward cycle": None,
    "GAN + backward cycle": None,
    "CycleGAN (published: table 3)": (0.58, 0.22, 0.16),
}
LOSSES = {
    "L1": (0.42, 0.15, 0.11),
    "GAN": (0.22, 0.05, 0.01),
    "cGAN": (0.57, 0.22, 0.16),
    "L1 + GAN": (0.64, 0.20, 0.15),
    "L1 + cGAN": (0.66, 0.23, 0.17),
}
PATCHES = {
    "1 px": (0.39, 0.15, 0.10),
    "16 px": (0.65, 0.21, 0.17),
    "70 px": (0.66, 0.23, 0.17),
    "286 px": (0.42, 0.16, 0.11),
}
PUBLISHED = {
    "table2": LABELS_TO_PHOTO,
    "table3": PHOTO_TO_LABELS,
    "table4": ABLATIONS,
    "table5": ABLATIONS_BACK,
    "losses": LOSSES,
    "patches": PATCHES,
}


def test_all_tables_are_looked_at_here():
    assert {*shipped("papers")} == {"table1", *PUBLISHED}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_values(name):
    (table,) = find_tables([name])
    values = {r.name: tuple(map(float, r.published)) or None for r in table.rows}
    assert values == PUBLISHED[name]


def test_published_values_of_the_study():
    (table,) = find_tables(["table1"])
    assert {row.name: ", ".join(row.published) for row in table.rows} == ZHU_1
    assert "needs people" in table.not_run


def test_real_photos_stand_beside_fcn_scores():
    for table in find_tables([]):
        if table.paper.startswith("Zhu") and table.scores[0].startswith("photos."):
            assert table.baselines["real photos"] == ["0.80", "0.26", "0.21"]


@pytest.mark.parametrize("budget", shipped("budgets"))
def test_a_budget_trains_each_row_or_says_why_not(budget):
    chosen = find_budget(budget)
    wanted = {key for table in find_tables([]) for key in table.systems}
    assert wanted == {*chosen.systems, *chosen.same, *chosen.not_run}


def test_the_papers_sizes(tmp_path):
    """Each system of the budget `paper` takes a step on the meta device, at its true size."""
    tables, budget = find_tables([]), find_budget("paper")
    planned = plan_reproduction(tables, budget, tmp_path, needs_data=False)
    assert planned.refused == {}
    sizes = {key: _size(system) for key, system in planned.systems.items()}
    isola = {key for table in find_tables(["losses", "patches"]) for key in table.systems}
    isola = {budget.resolve(key) for key in isola}
    assert sizes == {key: 256 if key in isola else 128 for key in sizes}
    weights = {key: parameters(system.blueprint) for key, system in planned.systems.items()}
    # The counts of the reference: ResNet of 6 blocks, PatchGANs, U-Nets.
    assert weights["cyclegan"] == 2 * 7_837_699 + 2 * 2_764_737
    assert weights["pix2pix"] == 41_828_995 + 2_768_705
    assert weights["pix2pix_l1_cgan"] == 54_413_955 + 2_768_705
    assert weights["pix2pix_patch_286"] == 54_413_955 + 11_159_361
    lengths = {str(system.blueprint.recipe.train.length) for system in planned.systems.values()}
    assert lengths == {"200 epochs"}


def _size(system):
    return system.blueprint.variables["x"].size[0]
