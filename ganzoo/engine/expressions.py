"""Evaluates wires: each expression once; calls of one network are merged if it allows that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.expression import Call, Expression, Name, calls
from ganzoo.interfaces import Value

Values = dict[str, Value]
Level = tuple[Call, ...]
HALVES = (torch.bfloat16, torch.float16)


def plan(wanted: Iterable[Expression], given: Collection[str]) -> tuple[Level, ...]:
    """The calls to evaluate, each once, in levels; the arguments of a call are in lower levels.

    wanted: the expressions whose values are needed.
    given: expressions, as text, whose values are known already.
    """
    height: dict[str, int] = {}
    levels: list[list[Call]] = []

    def visit(expression: Expression) -> int:
        text = str(expression)
        if text in given or isinstance(expression, Name):
            return 0
        if text not in height:
            height[text] = 1 + max(visit(argument) for argument in expression.arguments)
            while len(levels) < height[text]:
                levels.append([])
            levels[height[text] - 1].append(expression)
        return height[text]

    for expression in wanted:
        visit(expression)
    return tuple(tuple(level) for level in levels)


def evaluate(
    levels: Iterable[Level], values: Mapping[str, Value], networks: Mapping[str, nn.Module]
) -> Values:
    """The values of all calls together with the given values, by the text of the expression.

    values: of names and given expressions: tensors (N, ...) or lists of them.
    """
    known = dict(values)
    for level in levels:
        for group in _group_mergeable(level, known, networks):
            known.update(_run(group, known, networks))
    return known


def detach(value: Value) -> Value:
    """The value without its gradient."""
    return [tensor.detach() for tensor in value] if isinstance(value, list) else value.detach()


def full_precision(value: Value) -> Value:
    """The value in float32 if autocast computed it in half precision; else the value itself."""
    if isinstance(value, list):
        return [tensor.float() if tensor.dtype in HALVES else tensor for tensor in value]
    return value.float() if value.dtype in HALVES else value


def flatten(values: Iterable[Value]) -> tuple[Tensor, ...]:
    """All tensors in order, including those in lists."""
    return tuple(t for v in values for t in (v if isinstance(v, list) else [v]))


def nest_like(values: Sequence[Value], tensors: Sequence[Tensor]) -> list[Value]:
    """The tensors, in lists where the values are lists: the inverse of `flatten`."""
    rest = iter(tensors)
    return [[next(rest) for _ in v] if isinstance(v, list) else next(rest) for v in values]


def no_autocast(values: Iterable[Value]) -> AbstractContextManager[Any]:
    """A context without autocast, even inside a context with autocast."""
    device = next((tensor.device.type for tensor in flatten(values)), "cpu")
    if not torch.amp.autocast_mode.is_autocast_available(device):
        return nullcontext()
    return torch.autocast(device, enabled=False)


def differentiates(call: Call, networks: Mapping[str, nn.Module]) -> bool:
    """Whether a call computes gradients in its forward pass; the trial step marks such networks."""
    return call.head in getattr(networks[call.network], "differentiates", ())


def find_callee(call: Call, networks: Mapping[str, nn.Module]) -> nn.Module:
    """The network that a call runs, or the head of it."""
    network = networks[call.network]
    return getattr(network, call.head) if call.head else network


def _group_mergeable(
    level: Level, values: Mapping[str, Value], networks: Mapping[str, nn.Module]
) -> list[list[Call]]:
    """Group calls of one network with equal shapes, if the network treats samples separately."""
    groups: dict[object, list[Call]] = {}
    for call in level:
        arguments = [values[str(argument)] for argument in call.arguments]
        alone = not getattr(networks[call.network], "per_sample", False)
        key = id(call) if alone else (call.network, call.head, _shapes(arguments))
        groups.setdefault(key, []).append(call)
    return list(groups.values())


def _shapes(arguments: Sequence[Value]) -> tuple[object, ...]:
    """The shapes that must be equal to merge two calls: all sizes but the number of samples."""
    return tuple(
        (tuple(t.shape[1:] for t in value) if isinstance(value, list) else value.shape[1:])
        for value in arguments
    )


def _run(
    group: list[Call], values: Mapping[str, Value], networks: Mapping[str, nn.Module]
) -> Values:
    function: Callable[..., Value] = find_callee(group[0], networks)
    if differentiates(group[0], networks):
        function = partial(_in_full_precision, function)
    if len(group) == 1:
        return {str(group[0]): function(*(values[str(a)] for a in group[0].arguments))}
    calls_arguments = [[values[str(a)] for a in call.arguments] for call in group]
    sizes = [_batch_size(arguments[0]) for arguments in calls_arguments]
    merged = function(*(_join(column) for column in zip(*calls_arguments, strict=True)))
    return dict(zip(map(str, group), _split(merged, sizes), strict=True))


def _in_full_precision(function: Callable[..., Value], *arguments: Value) -> Value:
    with no_autocast(arguments):
        return function(*map(full_precision, arguments))


def _batch_size(value: Value) -> int:
    return len(value[0]) if isinstance(value, list) else len(value)


def _join(column: Sequence[Value]) -> Value:
    if isinstance(column[0], list):
        return [torch.cat(entries) for entries in zip(*column, strict=True)]
    return torch.cat([tensor for tensor in column if isinstance(tensor, Tensor)])


def _split(value: Value, sizes: list[int]) -> list[Value]:
    if isinstance(value, list):
        return [list(entries) for entries in zip(*(_split(e, sizes) for e in value), strict=True)]
    return list(torch.split(value, sizes))


def find_calls(expressions: Iterable[Expression]) -> set[str]:
    """Every call inside the expressions, as text."""
    return {str(call) for expression in expressions for call in calls(expression)}
