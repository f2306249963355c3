"""Takes the fingerprint of two domains: what is known before a recipe is planned.

The same files give the same fingerprint, whatever order they are read in: images are chosen by
hashes of their names and contents, and numbers are rounded to four decimals.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ganzoo.components.data.image_listing import shown
from ganzoo.components.data.partners import by_name, require_partners
from ganzoo.errors import DataError
from ganzoo.inspection.copy_findings import CopiesByKind, sort_copies
from ganzoo.inspection.fact_reading import Gallery, Tick
from ganzoo.inspection.inspect_folder import find_faults
from ganzoo.inspection.pair_findings import look_paired
from ganzoo.interfaces.data_fingerprint import Fingerprint
from ganzoo.interfaces.rule import Wishes
from ganzoo.planning.bounded_reading import BoundedGallery, read_bounded
from ganzoo.planning.copy_distance import measure_copying, measure_spread
from ganzoo.planning.domain_facts import describe_domain
from ganzoo.planning.domain_gap import count_copies, describe_gap
from ganzoo.planning.input_folders import InputFolders, find_inputs
from ganzoo.planning.looked_at import LookedAt, look_at_domains
from ganzoo.planning.machine_facts import describe_machine
from ganzoo.planning.rounding import rounded


def take_fingerprint(folders: Sequence[Path], wishes: Wishes, tick: Tick) -> Fingerprint:
    """What is known of two domains and of this machine.

    folders: one that holds both domains, as `--data` takes it; or that of x and that of y.
    tick: is told of progress.

    Raises:
        DataError: there is no such folder, it is not clear what is x and what is y, a domain has no
            readable image, or pairs were asked for and there are none.
    """
    inputs = find_inputs(folders, wishes.pairs)
    bounded = read_bounded(inputs.contents, tick)
    inputs = _settle_pairs(inputs, bounded.gallery, wishes.pairs)
    bounded = BoundedGallery(_with(bounded.gallery, inputs), bounded.sizes)
    paired = inputs.contents.need == "pairs"
    domains = look_at_domains(bounded, paired, tick)
    tick(0, 0, "comparing images")
    return rounded(_compare(inputs, bounded.gallery, domains, paired))


def _compare(
    inputs: InputFolders, gallery: Gallery, domains: tuple[LookedAt, LookedAt], paired: bool
) -> Fingerprint:
    copies = sort_copies(gallery)
    kinds = _count_findings(gallery, copies)
    x, y = (
        describe_domain(each, count_copies(copies, each.name), measure_spread(each.close_ups))
        for each in domains
    )
    grays = x.kind == "gray", y.kind == "gray"
    kid = measure_copying(domains[0].close_ups, domains[1].close_ups, grays, paired)
    gap = describe_gap(gallery, domains, copies, kinds, kid)
    layout = _layout(gallery, paired)
    return Fingerprint(layout, inputs.settings, x, y, gap, describe_machine(), kinds)


def _layout(gallery: Gallery, paired: bool) -> Literal["domains", "pairs", "halves"]:
    if any(subset.halves for subset in gallery.contents.subsets):
        return "halves"
    return "pairs" if paired else "domains"


def _settle_pairs(inputs: InputFolders, gallery: Gallery, pairs: bool | None) -> InputFolders:
    """The folders as pairs, if the user says that they are, or names and outlines do."""
    contents = inputs.contents
    if contents.need == "pairs" or pairs is False:
        return inputs
    fault = _find_lonely(gallery)
    if pairs and fault:
        raise DataError(f"--pairs: {fault}; or plan without --pairs")
    return inputs.as_pairs() if not fault and (pairs or look_paired(gallery)) else inputs


def _find_lonely(gallery: Gallery) -> str:
    """Why files are no pairs, by their names; "" where each has a partner."""
    for held_out in (False, True):
        x, y = (gallery.contents.subset(name, held_out) for name in ("x", "y"))
        if x is None or y is None:
            continue
        try:
            named = [
                (each.domain, shown(each.folder), by_name(each.folder, each.images, each.name))
                for each in (x, y)
            ]
            require_partners(*named)
        except DataError as error:
            return str(error).partition(": ")[2]
    return ""


def _with(gallery: Gallery, inputs: InputFolders) -> Gallery:
    """The gallery of what is left of the folders."""
    names = {each.name for each in inputs.contents.subsets}
    facts = {name: facts for name, facts in gallery.facts.items() if name in names}
    return Gallery(inputs.contents, facts, gallery.wrong)


def _count_findings(gallery: Gallery, copies: CopiesByKind) -> dict[str, int]:
    """How many files each kind of finding is about; 1 of what is about a folder."""
    counts: dict[str, int] = {}
    for each in find_faults(gallery, copies, 0):
        counts[each.kind] = counts.get(each.kind, 0) + max(1, len(each.suspects))
    return dict(sorted(counts.items()))
