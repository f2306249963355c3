"""Cautions about how x and y stand to one another."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

from ganzoo.components.rules.capacity_rules import steps_needed
from ganzoo.components.rules.caution_texts import check_command, count_looked_at, name_folder
from ganzoo.components.rules.relations import (
    are_near,
    describe_gap,
    find_copy_kid,
    has_label_maps,
)
from ganzoo.components.rules.short_time_rules import SHORT_KID, is_short_of_copies
from ganzoo.interfaces.data_fingerprint import Fingerprint
from ganzoo.interfaces.rule import Caution, RecipeDraft, Rule, Stage

ALL = 0.5  # the share of the smaller domain that is in both
# By chance the share of images put right is within this of one half, or within 1 / sqrt(images).
LUCK = 0.05
NOISE = 0.005  # a quick KID that cannot be told from another one
FEWEST = 20
LIKE, UNLIKE = 0.5, 0.25  # likeness of images of one composition, and of many
ASPECT = 1.5


class SameImages(Rule):
    """Where x and y hold the same images, there is nothing to translate.

    Stop: half of the smaller domain's images lie in both. Or simple statistics tell no image of x
    from one of y, and copying is as real as another half of the same domain (20 images and more;
    not of pairs, which may differ in little). Warning: fewer images lie in both.
    """

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """At most one caution."""
        facts = draft.facts
        fewer = min(map(count_looked_at, facts.domains))
        shared = facts.gap.shared
        if shared >= max(1, ALL * fewer):
            text = f"{shared:,} of {fewer:,} images lie in both x and y, with little to translate"
            yield Caution(
                "same_images", "stop", text, f"give two different folders: {_both(facts)}"
            )
        elif shared:
            text = f"{shared:,} image{' lies' if shared == 1 else 's lie'} in both x and y"
            advice = f"move each to the domain that it belongs to: {_both(facts)}"
            yield Caution("shared_images", "warning", text, advice)
        elif not facts.paired and _are_one(facts):
            yield _one_kind(facts)


class SwappedTests(Rule):
    """Test folders whose images look like the other domain: scores would be of the wrong one."""

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """A warning, and the settings that exchange them."""
        if draft.facts.gap.swapped:
            x = draft.value("data.test_x", "testA")
            y = draft.value("data.test_y", "testB")
            text = (
                "the test folders look exchanged: images to test x on look like y, and the other "
                "way round"
            )
            advice = f"in the recipe, data.test_x = '{y}' and data.test_y = '{x}'"
            yield Caution("swapped_tests", "warning", text, advice)


class HardToBeat(Rule):
    """Whether a training can be more like y than the input itself is.

    Warning: the quick KID of copying x is that of two halves of a domain, so no score would show
    that a training is better; or it is below 0.06, and the time is shorter than such images need
    (`capacity`). Outputs after 1,400 steps at 32 and 48 px had quick KIDs up to 0.06, and edges of
    photos (copied .049) were by the KID of another network as real as the best that was made of
    them. Note: the domains are near by colour and structure; there, most recipes that were tried
    were worse than a copy (drawings in two styles at 64 px: KID .038 copied, .082 and more
    trained).
    """

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """One caution for both directions; of pairs none, as the truth counts there."""
        facts = draft.facts
        if facts.paired:
            return
        kid = find_copy_kid(facts)
        if kid <= find_limit(facts):
            yield _no_better(kid, find_limit(facts))
        elif is_short_of_copies(draft):
            yield _no_sooner(kid, draft)
        elif are_near(facts):
            yield _near(kid, facts)


class OtherContent(Rule):
    """Domains that differ in what they show cannot be translated by a change of style.

    Warning: the images of one domain share one composition, as portraits do (likeness 0.5 and
    more), and those of the other do not (below 0.25); not of label maps. Note: typical proportions
    differ by half. Not of pairs. What things are shown is not seen.
    """

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """What differs, one caution each."""
        if not draft.facts.paired:
            yield from _compositions(draft.facts)
            yield from _proportions(draft.facts)


def find_limit(facts: Fingerprint) -> float:
    """The quick KID of two halves of a domain, whichever is larger, and what chance adds."""
    return max(0.0, *(domain.spread or 0.0 for domain in facts.domains)) + NOISE


def _are_one(facts: Fingerprint) -> bool:
    counts = [*map(count_looked_at, facts.domains)]
    if min(counts) < FEWEST or facts.gap.copy_kid is None:
        return False
    lucky = 0.5 + max(LUCK, 1 / math.sqrt(sum(counts)))
    return facts.gap.separation < lucky and max(facts.gap.copy_kid) <= find_limit(facts)


def _no_better(kid: float, limit: float) -> Caution:
    text = (
        f"x is as near to y as one half of a domain to the other (quick KID {kid:.3f} at most, "
        f"limit {limit:.3f}): no score would show that a training beats copying the input"
    )
    advice = "use copies, unless you see a difference that a small network does not"
    return Caution("no_better_than_copy", "warning", text, advice)


def _no_sooner(kid: float, draft: RecipeDraft) -> Caution:
    text = (
        f"copies of the input are near to y already (quick KID {kid:.3f}), and outputs of short "
        f"trainings were no nearer (up to {SHORT_KID:g}): after {draft.steps:,} of the "
        f"{steps_needed(draft):,} steps that such images need, copies may look as real"
    )
    advice = "give it more by --budget; --try 3 compares plans with copying"
    return Caution("hard_to_beat", "warning", text, advice)


def _near(kid: float, facts: Fingerprint) -> Caution:
    copied = f"; quick KID of copies {kid:.3f}" if kid < math.inf else ""
    text = (
        f"x and y are near ({describe_gap(facts)}{copied}), so copying the input is hard to beat; "
        "and if they differ in what they show, no change of style will help"
    )
    advice = "compare outputs with inputs before you use them; --try 3 compares plans"
    return Caution("hard_to_beat", "note", text, advice)


def _one_kind(facts: Fingerprint) -> Caution:
    kid = max(facts.gap.copy_kid or (0.0,))
    text = (
        f"x and y look like one kind of images: simple statistics put {facts.gap.separation:.0%} "
        f"where they belong (50% by chance), and the quick KID of {kid:.3f} is that of two halves "
        "of one domain"
    )
    return Caution("one_kind", "stop", text, f"see what is in each folder: {_both(facts)}")


def _both(facts: Fingerprint) -> str:
    x, y = facts.domains
    if x.folder == y.folder:
        return check_command(x)
    return f"x is {name_folder(x)}, y is {name_folder(y)}"


def _compositions(facts: Fingerprint) -> Iterator[Caution]:
    x, y = (domain.likeness for domain in facts.domains)
    if max(x, y) >= LIKE and min(x, y) < UNLIKE and not has_label_maps(facts):
        text = (
            f"the images of {'x' if x > y else 'y'} share one composition (likeness "
            f"{max(x, y):.2f}), and those of {'y' if x > y else 'x'} do not ({min(x, y):.2f})"
        )
        advice = "a translation would have to move things; crop the others alike, or choose some"
        yield Caution("other_composition", "warning", text, advice)


def _proportions(facts: Fingerprint) -> Iterator[Caution]:
    x, y = (domain.aspects[1] for domain in facts.domains)
    if max(x, y) >= ASPECT * min(x, y):
        text = (
            f"width / height is {_ratio(x)} in typical images of x, and {_ratio(y)} in those of y"
        )
        advice = "each sample shows another share of them; cut both to the same proportions"
        yield Caution("other_proportions", "note", text, advice)


def _ratio(aspect: float) -> str:
    return f"{aspect:,.0f}" if aspect >= 10 else f"{aspect:.2g}"
