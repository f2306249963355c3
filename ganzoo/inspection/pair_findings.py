"""Findings about pairs: missing partners, other proportions, and outlines that do not match."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from ganzoo.components.data.image_listing import shown
from ganzoo.components.data.scaled_images import ASPECT_TOLERANCE
from ganzoo.inspection.fact_reading import Entry, Gallery
from ganzoo.inspection.finding import Finding, about, below
from ganzoo.inspection.folder_subsets import Contents, Subset
from ganzoo.inspection.image_facts import ImageFacts
from ganzoo.inspection.pair_structure import PairMatch, match_pairs
from ganzoo.inspection.size_findings import shown_size

Pairs: TypeAlias = Sequence[tuple[Entry, Entry]]
Named: TypeAlias = dict[str, list[Path]]

# Two folders are taken for pairs if so many of their names are equal, and outlines match.
EQUAL_NAMES = 0.5
# The outlines of so many pairs are compared at most.
MOST = 20_000


def find_pairs(gallery: Gallery, held_out: bool) -> Pairs:
    """The readable images x and y of one name, or side by side in one file."""
    x, y = (gallery.entries(name, held_out) for name in ("x", "y"))
    partners = {_name(each.subset, each.facts.path): each for each in y}
    named = ((each, _name(each.subset, each.facts.path)) for each in x)
    return [(each, partners[name]) for each, name in named if name in partners]


def look_paired(gallery: Gallery) -> bool:
    """Whether the training images of two folders are pairs, though nobody said so."""
    names = _names(gallery.contents, held_out=False)
    if names is None:
        return False
    shared = names[0].keys() & names[1].keys()
    matched = _match(find_pairs(gallery, held_out=False))
    equal = len(shared) >= EQUAL_NAMES * max(map(len, names))
    return equal and matched is not None and matched.matches


def pair_findings(gallery: Gallery) -> Iterator[Finding]:
    """What is wrong with pairs, those for training and those for testing."""
    for held_out in (False, True):
        yield from _lonely(gallery, held_out)
        yield from _ambiguous(gallery, held_out)
        pairs = find_pairs(gallery, held_out)
        yield from _other_proportions(gallery, pairs)
        matched = _match(pairs)
        if matched and matched.fails:
            yield _strangers(gallery, pairs)
        elif matched and matched.matches and matched.misfits:
            yield _misfits(gallery, pairs, matched)


def _match(pairs: Pairs) -> PairMatch | None:
    some = pairs[:MOST]
    return match_pairs([x.glance for x, _ in some], [y.glance for _, y in some])


def _name(subset: Subset, path: Path) -> str:
    """What partners have in common: a file's path in its subset without suffix."""
    return path.relative_to(subset.folder).with_suffix("").as_posix()


def _names(contents: Contents, held_out: bool) -> tuple[Named, Named] | None:
    """The files of x and of y by name; None where there are no two folders of them."""
    x, y = (contents.subset(name, held_out) for name in ("x", "y"))
    return (_by_name(x), _by_name(y)) if x and y else None


def _by_name(subset: Subset) -> Named:
    named: Named = {}
    for path in subset.images:
        named.setdefault(_name(subset, path), []).append(path)
    return named


def _lonely(gallery: Gallery, held_out: bool) -> Iterator[Finding]:
    """Files without a partner."""
    names = _names(gallery.contents, held_out)
    both = ((names[0], names[1]), (names[1], names[0])) if names else ()
    lonely = [
        path for own, others in both for name in own.keys() - others.keys() for path in own[name]
    ]
    if lonely:
        have = "1 file has" if len(lonely) == 1 else f"{len(lonely)} files have"
        text = f"{have} no partner of that name, and a training on pairs would stop there"
        advice = "move them away, or name them as their partners are named"
        yield about("no_partner", "error", text, gallery.folder, sorted(lonely), advice)


def _ambiguous(gallery: Gallery, held_out: bool) -> Iterator[Finding]:
    """Files of one name but for the suffix."""
    names = _names(gallery.contents, held_out) or ()
    several = [path for own in names for paths in own.values() if len(paths) > 1 for path in paths]
    if several:
        text = f"{len(several)} files share their name with another, so a partner is ambiguous"
        yield about("ambiguous", "error", text, gallery.folder, several, "rename or remove one")


def _other_proportions(gallery: Gallery, pairs: Pairs) -> Iterator[Finding]:
    wrong = [(x, y) for x, y in pairs if not x.subset.halves and _differ(x.facts, y.facts)]
    if wrong:
        names = tuple(f"{_sized(gallery, x.facts)}, {_sized(gallery, y.facts)}" for x, y in wrong)
        pairs_differ = "1 pair differs" if len(wrong) == 1 else f"{len(wrong)} pairs differ"
        text = f"{pairs_differ} in proportions, so a training on pairs would stop there"
        suspects = tuple(each.facts.path for both in wrong for each in both)
        advice = "cut both of a pair alike"
        yield Finding("other_proportions", "error", text, names, advice, suspects)


def _differ(x: ImageFacts, y: ImageFacts) -> bool:
    """Whether the proportions of two images are no one scene's, as `read_pair` has it."""
    (height_x, width_x), (height_y, width_y) = x.size, y.size
    off = abs(height_x * width_y - height_y * width_x)
    return off > ASPECT_TOLERANCE * height_x * width_y


def _sized(gallery: Gallery, facts: ImageFacts) -> str:
    return f"{below(gallery.folder, facts.path)} ({shown_size(facts)})"


def _strangers(gallery: Gallery, pairs: Pairs) -> Finding:
    """All pairs together do not match."""
    subset = pairs[0][0].subset
    text = (
        f"the {len(pairs)} pairs for {'testing' if subset.held_out else 'training'} do not look "
        "like pairs: outlines of x are found in their y no more than in others"
    )
    other = "images" if subset.halves else "domains"
    folder = shlex.quote(shown(gallery.folder))
    advice = "see that the right files are partners; if they are no pairs, check them with:\n"
    return Finding(
        "no_pairs", "warning", text, advice=f"{advice}ganzoo data check {folder} --as {other}"
    )


def _misfits(gallery: Gallery, pairs: Pairs, matched: PairMatch) -> Finding:
    """Some pairs do not match, while the others do."""
    names, suspects = [], []
    for number, better in matched.misfits.items():
        x, y = (below(gallery.folder, each.facts.path) for each in pairs[number])
        other = "" if better is None else pairs[better][1].facts.path
        fits = f", but {below(gallery.folder, Path(other))} does" if other else ""
        names.append(f"{y} does not fit {x}{fits}")
        suspects += [each.facts.path for each in pairs[number]]
    count = len(names)
    text = (
        f"{count} of {len(pairs)} pairs {'does' if count == 1 else 'do'} not show one scene: "
        "outlines differ far more than in the others"
    )
    advice = "look at them, and exchange or remove what is wrong"
    unique = tuple(dict.fromkeys(suspects))
    return Finding("misfits", "warning", text, tuple(names), advice, unique)
