"""How small networks are trained: in which order, at which rates, and that of before unchanged."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from ganzoo.components.metrics.task_training import SEED, _draw, _schedule, train_on
from ganzoo.interfaces.levels import from_levels


def test_in_rounds_every_image_is_shown_before_one_is_again():
    numbers = _draw(6, 3, torch.Generator().manual_seed(0), rounds=True)
    for _ in range(5):
        assert sorted([*next(numbers).tolist(), *next(numbers).tolist()]) == [*range(6)]


def test_rounds_that_batches_do_not_divide_show_images_equally_often():
    numbers = _draw(5, 3, torch.Generator().manual_seed(0), rounds=True)
    shown = torch.cat([next(numbers) for _ in range(5)])
    assert shown.bincount().tolist() == [3] * 5


def test_a_batch_is_no_larger_than_what_there_is():
    assert len(next(_draw(2, 16, torch.Generator(), rounds=True))) == 2


def test_the_linear_rate_by_hand():
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], 1.0)
    schedule, rates = _schedule(optimizer, 20, linear=True), []
    for _ in range(20):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    # A tenth of 20 steps is 2: half the rate, then all of it, less 1/20 for each step before.
    assert rates == pytest.approx([0.5, *[1 - step / 20 for step in range(1, 20)]])


def test_without_linear_it_is_one_cycle_over_batches_of_all_images():
    images = torch.randint(256, (6, 1, 2, 2), generator=torch.Generator().manual_seed(1))
    images, truth = images.to(torch.uint8), torch.arange(6) % 2
    networks = [nn.Sequential(nn.Flatten(), nn.Linear(4, 2)) for _ in range(2)]
    networks[1].load_state_dict(networks[0].state_dict())
    train_on(networks[0], images, truth, 4, classes=2, batch=4, mirror=False)
    optimizer = torch.optim.AdamW(networks[1].parameters(), 0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, 4)
    rng = torch.Generator().manual_seed(SEED)
    for _ in range(4):
        chosen = torch.randperm(6, generator=rng)[:4]
        loss = cross_entropy(networks[1](from_levels(images[chosen])), truth[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    for one, other in zip(networks[0].parameters(), networks[1].parameters(), strict=True):
        assert torch.equal(one, other)
