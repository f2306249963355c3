"""A recipe with its names resolved: the plans of its components, and its wires. Plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from ganzoo.builder.bounds import bounded
from ganzoo.builder.domains import Domains
from ganzoo.engine.augmenting import AugmentationStep
from ganzoo.errors import Fault, RecipeError, first_line
from ganzoo.expression import Call, Expression, Name, networks
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.origin import Origin
from ganzoo.interfaces import AdversarialLoss, Data, Latent, Output, Variable
from ganzoo.recipe.duration import Duration
from ganzoo.recipe.schema import Recipe
from ganzoo.recipe.tables import ExpressionTable


@dataclass(frozen=True)
class ComponentPlan:
    """A component's class with all its settings: ready to be constructed.

    path: where the recipe asks for it.
    """

    kind: str
    name: str
    component_class: type
    settings: Mapping[str, Any]
    path: str

    def make(self, *first: Any) -> Any:
        """Call the constructor, with what the host supplies first.

        Raises:
            RecipeError: it refuses its settings.
        """
        try:
            with bounded():
                return self.component_class(*first, **self.settings)
        except (ValueError, TypeError, RuntimeError, OverflowError) as error:
            message = first_line(error)
            raise RecipeError("recipe", [Fault(self.path, message)]) from error


@dataclass(frozen=True)
class SchedulePlan:
    """A schedule and the span of its warm-up."""

    schedule: ComponentPlan
    warmup: Duration | None = None


@dataclass(frozen=True)
class PenaltyPlan:
    """A penalty, the name of its loss in the log, its weight, and what that is multiplied by."""

    name: str
    penalty: ComponentPlan
    weight: float
    schedule: SchedulePlan | None = None


@dataclass(frozen=True)
class TermPlan:
    """A term of the objective: its loss, its wires, and who is concerned.

    schedule: what its weight is multiplied by.
    """

    name: str
    loss: ComponentPlan
    wires: Mapping[str, Expression]
    weight: float
    player: str | None
    buffer: ComponentPlan | None
    schedule: SchedulePlan | None = None
    penalties: Sequence[PenaltyPlan] = ()

    @property
    def path(self) -> str:
        """Where the recipe states it."""
        return f"losses.{self.name}"

    @property
    def adversarial(self) -> bool:
        """Whether a discriminator plays against it."""
        return issubclass(self.loss.component_class, AdversarialLoss)

    @property
    def discriminators(self) -> set[str]:
        """The networks called outermost: what makes a network a discriminator."""
        outer = self.wires.values() if self.adversarial else ()
        return {wire.network for wire in outer if isinstance(wire, Call)}

    @property
    def networks(self) -> set[str]:
        """Every network in its wires."""
        return {name for wire in self.wires.values() for name in networks(wire)}


@dataclass(frozen=True)
class MetricPlan:
    """A metric, its wires, and when it is computed: at the end, and `every`.

    images: of how many items of each wire at most while training; None for all.
    """

    metric: ComponentPlan
    wires: Mapping[str, Expression]
    when: str = "run"
    every: Duration | None = None
    images: int | None = None


@dataclass(frozen=True)
class OutputPlan:
    """An output that a component makes: the component's plan, the component, and its wires."""

    plan: ComponentPlan
    component: Output
    wires: Mapping[str, Expression]


@dataclass(frozen=True)
class InitPlan:
    """How a network's weights start: the component's plan, and the component."""

    plan: ComponentPlan
    component: Callable[[nn.Module], None]


@dataclass
class Blueprint:
    """A recipe with every name resolved. Terms of weight 0 are kept: they still give roles.

    outputs: the expression of each; an output that a component makes has its own name here.
    component_outputs: the outputs that a component makes.
    augmentation_steps: the augmentations as they are applied to training samples, in their order.
    warnings: what was left out, and why; and what else a person should know.
    domains: of which variable the images of each wire are.
    weights: bytes of all that is built, once it was tried.
    unasked: the metrics that would fetch weights from the network only because a file says so.
    """

    recipe: Recipe
    networks: dict[str, ComponentPlan] = field(default_factory=dict)
    inits: dict[str, InitPlan] = field(default_factory=dict)
    terms: list[TermPlan] = field(default_factory=list)
    outputs: dict[str, Expression] = field(default_factory=dict)
    component_outputs: dict[str, OutputPlan] = field(default_factory=dict)
    samples: list[Expression] = field(default_factory=list)
    metrics: dict[str, MetricPlan] = field(default_factory=dict)
    optimizers: dict[str, ComponentPlan] = field(default_factory=dict)
    latents: dict[str, ComponentPlan] = field(default_factory=dict)
    callbacks: dict[str, ComponentPlan] = field(default_factory=dict)
    augmentations: dict[str, ComponentPlan] = field(default_factory=dict)
    augmentation_steps: list[AugmentationStep] = field(default_factory=list)
    schedule: SchedulePlan | None = None
    data: ComponentPlan | None = None
    dataset: Data | None = None
    latent_samplers: dict[str, Latent] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    domains: Domains = field(default_factory=Domains)
    weights: int = 0
    unasked: frozenset[str] = frozenset()

    @property
    def live(self) -> list[TermPlan]:
        """The terms that count."""
        return [term for term in self.terms if term.weight != 0]

    @property
    def scheduled(self) -> dict[str, SchedulePlan]:
        """What the weights of live terms and of their penalties are multiplied by."""
        terms = {term.name: term.schedule for term in self.live}
        penalties = {p.name: p.schedule for term in self.live for p in term.penalties}
        return {name: plan for name, plan in (terms | penalties).items() if plan}

    @property
    def discriminators(self) -> set[str]:
        """Every network called outermost in an adversarial term, weight 0 included."""
        return {name for term in self.terms for name in term.discriminators}

    @property
    def used(self) -> set[str]:
        """The networks that a live term, an output or a metric reaches; no others are built."""
        wires = [wire for term in self.live for wire in term.wires.values()]
        views = [self.view(w) for metric in self.metrics.values() for w in metric.wires.values()]
        return self.shipped.union(*map(networks, wires), *(view.networks for view in views))

    @property
    def shipped(self) -> set[str]:
        """The networks that the outputs reach: what a model file holds."""
        return {name for output in self.outputs for name in self.output(output).networks}

    def output(self, name: str) -> OutputWire:
        """A named output: with its mode, or with the component that makes it."""
        wire, table = self.outputs[name], self.recipe.outputs[name]
        domain = self.domains.find(self.unfold(wire))
        if name in self.component_outputs:
            plan = self.component_outputs[name]
            return OutputWire(wire, component=plan.component, wires=plan.wires, domain=domain)
        in_training = isinstance(table, ExpressionTable) and table.mode == "train"
        return OutputWire(wire, in_training, domain=domain)

    def unfold(self, wire: Expression) -> Expression:
        """A wire of samples or metrics with an output's name replaced by what the output shows."""
        name = str(wire)
        if name in self.component_outputs:
            plan = self.component_outputs[name]
            # Where its settings are faulty, there is no component.
            return plan.wires.get(getattr(plan.component, "renders", ""), wire)
        return self.outputs.get(name, wire)

    def view(self, wire: Expression) -> OutputWire:
        """A wire as samples and metrics see it: an output, by name or equal, keeps its mode."""
        for name, output in self.outputs.items():
            if wire in (Name(name), output):
                return self.output(name)
        return OutputWire(wire, domain=self.domains.find(wire))

    def shown(self) -> list[OutputWire]:
        """The samples' columns whose networks are built."""
        views = map(self.view, self.samples)
        return [view for view in views if view.networks <= self.used]

    def model(
        self,
        networks: Mapping[str, nn.Module],
        resting: Mapping[str, frozenset[str]],
        origin: Origin,
    ) -> Model:
        """The outputs, on these networks.

        resting, origin: see `Model`.
        """
        wires = {name: self.output(name) for name in self.outputs}
        latents = deepcopy(
            self.latent_samplers
        )  # looking at outputs must not teach training's anything
        return Model(networks, wires, self.variables, latents, resting, origin)
