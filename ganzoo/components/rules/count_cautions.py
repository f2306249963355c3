"""Cautions about how many images there are, and how many of them are worth something."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from ganzoo.components.rules.caution_texts import (
    check_command,
    count_different,
    count_images,
    count_looked_at,
    find_side,
    name_folder,
)
from ganzoo.interfaces.data_fingerprint import DomainFacts
from ganzoo.interfaces.rule import Caution, RecipeDraft, Rule, Stage

FEW, VERY_FEW = 200, 50
CROPS = 16  # samples that fit beside one another into a single image that is worth a training
COPIES = 0.05
KIN = 0.2
CONSTANT = 0.1


class TooFew(Rule):
    """With few different images a discriminator learns them by heart, and outputs repeat them.

    Stop: a single image of a domain into which fewer than 16 samples fit. Warning: fewer than 50
    different images; note: fewer than 200. Copies count once.
    """

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """A caution for each domain of a single image, and one for what else is small."""
        side, few = find_side(draft), dict[str, DomainFacts]()
        for name, domain in draft.facts.named_domains:
            if count_different(domain) == 1 and _count_samples(domain, side) < CROPS:
                yield _single(name, domain)
            elif count_different(domain) < FEW:
                few[name] = domain
        if few:
            yield _few(few, draft.value("metrics", {}))


class EqualValues(Rule):
    """Images of one value show nothing. Warning: one in ten images or more; stop: all of a domain.

    Such images are found among those that were looked at.
    """

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """What is empty, by domain, or of both together."""
        for name, domain in draft.facts.named_domains:
            if domain.values[0] == domain.values[1]:
                text = (
                    f"every pixel of every image of {name} has the value {domain.values[0]:g}, so "
                    "there is nothing to learn"
                )
                yield Caution("one_value", "stop", text, f"see what is in {name_folder(domain)}")
        constant = draft.facts.kinds.get("constant", 0)
        images = sum(map(count_looked_at, draft.facts.domains))
        if constant >= max(1, CONSTANT * images):
            text = f"{constant:,} of {count_images(images)} have one value everywhere"
            x, _ = draft.facts.domains
            yield Caution("empty_images", "warning", text, f"remove them: {check_command(x)}")


class BrokenFiles(Rule):
    """Files that look like images and cannot be read are skipped. Note; warning from one in ten."""

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """One caution for each domain with broken files."""
        for name, domain in draft.facts.named_domains:
            if domain.unreadable:
                of = domain.unreadable + domain.images + domain.held_out
                text = f"{domain.unreadable:,} of {of:,} files of {name} cannot be read"
                advice = f"they are skipped; to see which: {check_command(domain)}"
                many = domain.unreadable >= of / 10
                yield Caution("broken", "warning" if many else "note", text, advice)


class RepeatedImages(Rule):
    """Copies are learnt from more often than others. Note: one in twenty images or more.

    Images that nearly are copies, such as frames of one film, say less than their number. Note: one
    in five; warning where some of them would be held out at random, as scores on these say little.
    """

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """Copies and near copies, by domain."""
        for name, domain in draft.facts.named_domains:
            known = count_looked_at(domain)
            if domain.duplicates and domain.duplicates >= COPIES * known:
                text = f"{domain.duplicates:,} of {known:,} images of {name} are copies of others"
                yield Caution("copies", "note", text, f"keep one of each: {check_command(domain)}")
            if domain.near_duplicates and domain.near_duplicates >= KIN * known:
                yield _near_copies(name, domain, known, bool(draft.value("data.hold_out")))


class Leaks(Rule):
    """Test images that are training images as well: scores on them say nothing of new images."""

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """A warning with their number."""
        leaked, tests = draft.facts.gap.leaked, sum(d.held_out for d in draft.facts.domains)
        if leaked:
            text = (
                f"{leaked:,} of {tests:,} test images are training images as well, or nearly so: "
                "scores look better than they are"
            )
            yield Caution("leaks", "warning", text, _advise_on_leaks(draft.facts.domains))


def _advise_on_leaks(domains: Sequence[DomainFacts]) -> str:
    """To remove them, and the command that names them, where one folder holds both domains."""
    roots = {str(Path(domain.folder).parent) for domain in domains}
    command = f"; to see which: ganzoo data check {shlex.quote(*roots)}" if len(roots) == 1 else ""
    return f"remove them from the training folders{command}"


def _count_samples(domain: DomainFacts, side: int) -> int:
    height, width = domain.largest
    return (height // side) * (width // side)


def _single(name: str, domain: DomainFacts) -> Caution:
    copies = f", {domain.images:,} times over" if domain.images > 1 else ""
    text = (
        f"{name} ({name_folder(domain)}) holds a single image{copies}: a training would learn it "
        "by heart, and show it whatever it is given"
    )
    return Caution("single_image", "stop", text, "add images of the same kind, some hundreds")


def _few(few: Mapping[str, DomainFacts], metrics: Collection[str]) -> Caution:
    counts = [
        f"{count_different(domain):,} in {name} ({name_folder(domain)})"
        for name, domain in few.items()
    ]
    text = f"there are few different images ({', '.join(counts)}): below {FEW} they are easily "
    text += "learnt by heart"
    copies = [name for name in metrics if name.startswith("copies")]
    copying = f"; whether outputs repeat them is among the scores ({', '.join(copies)})"
    least = min(map(count_different, few.values()))
    advice = f"add more images{copying if copies else ''}"
    return Caution("too_few", "warning" if least < VERY_FEW else "note", text, advice)


def _near_copies(name: str, domain: DomainFacts, known: int, dealt: bool) -> Caution:
    text = f"{domain.near_duplicates:,} of {known:,} images of {name} are nearly copies of others"
    if not dealt:
        advice = (
            f"as frames of one film; count on fewer images than there are: {check_command(domain)}"
        )
        return Caution("near_copies", "note", text, advice)
    advice = (
        "some are held out at random (data.hold_out), so scores look better than they are; "
        "move whole scenes into a folder of test images"
    )
    return Caution("near_copies", "warning", text, advice)
