"""Numbers that moved, as a picture: networks on both sides, ribbons between them as thick as what moved."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from hlrframe.model import count
from hlrframe.report.page.charts import NARROW, WIDE, labels, picture
from hlrframe.report.page.markup import cut, element, plain, text, width

__all__ = ["Flow", "flows_chart", "undrawn"]

#: Networks on either side; the others are one.
MOST: Final = 7
#: Pixels down that all numbers share, the least that two lines of text need, and what lies between two networks.
_DEPTH: Final = 260.0
_LEAST: Final = 34.0
_GAP: Final = 10.0
#: Where the ribbons begin and end, in per cent of the width.
_LEFT: Final = 40.0
_RIGHT: Final = 60.0
#: Share of the width for the names on either side.
_SIDE: Final = (_LEFT - 2) / 100

#: A network and its country; those that are not named singly have none.
_Place: TypeAlias = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Flow:
    """Numbers that moved from one network to another; names are foreign texts."""

    origin: str
    target: str
    country: str
    numbers: int


@dataclass(frozen=True, slots=True)
class _Node:
    """A network on one side."""

    name: str
    country: str | None
    numbers: int
    #: Where it begins, from above, and how much room it takes, in pixels.
    y: float
    room: float
    #: How thick all its ribbons are together.
    thick: float

    @property
    def middle(self) -> float:
        return self.y + self.room / 2


def flows_chart(flows: Sequence[Flow], *, title: str) -> str:
    """Draws what moved from the networks on the left to those on the right.

    >>> drawn = flows_chart([Flow("Fern", "Nettle", "GBR", 3)], title="Ported numbers")
    >>> drawn.count("<path"), ">Nettle<" in drawn
    (1, True)
    """
    moved = _folded(flows)
    total = sum(moved.values())
    unit = _DEPTH / total
    sides = [_nodes(moved, side, unit) for side in (0, 1)]
    height = max(max(node.y + node.room for node in side.values()) for side in sides)
    origins, targets = (_centred(side, height) for side in sides)
    body = _ribbons(moved, origins, targets, unit=unit, height=height)
    body += "".join((*_names(origins.values(), at_left=True), *_names(targets.values(), at_left=False)))
    described = "; ".join(
        f"{origin} to {target}: {count(numbers)}" for ((origin, _), (target, _)), numbers in moved.most_common(12)
    )
    return picture(body, title=title, described=described, height=height)


def _folded(flows: Sequence[Flow]) -> Counter[tuple[_Place, _Place]]:
    """Gives what moved between the largest networks of each side, and all others as one."""
    origins, targets = Counter[_Place](), Counter[_Place]()
    for flow in flows:
        origins[flow.origin, flow.country] += flow.numbers
        targets[flow.target, flow.country] += flow.numbers
    kept = [{place for place, _ in _largest(side)} for side in (origins, targets)]
    rest = [(f"{count(len(side) - MOST)} others", None) for side in (origins, targets)]
    moved = Counter[tuple[_Place, _Place]]()
    for flow in flows:
        ends = ((flow.origin, flow.country), (flow.target, flow.country))
        origin, target = (end if end in kept[i] else rest[i] for i, end in enumerate(ends))
        # What moved from one of many to another of many would be the thickest ribbon, and say the least.
        if (origin, target) != tuple(rest):
            moved[origin, target] += flow.numbers
    return moved


def undrawn(flows: Sequence[Flow]) -> int:
    """Gives how many numbers moved between networks that are too small to be drawn."""
    return sum(flow.numbers for flow in flows) - _folded(flows).total()


def _largest(side: Counter[_Place]) -> Iterable[tuple[_Place, int]]:
    """Gives the networks to be named; one that would be left over alone is named too."""
    ordered = sorted(side.items(), key=lambda each: (-each[1], each[0]))
    return ordered[: MOST if len(ordered) > MOST + 1 else MOST + 1]


def _nodes(moved: Mapping[tuple[_Place, _Place], int], side: int, unit: float) -> dict[_Place, _Node]:
    """Gives the networks of a side from above to below: the largest first, the others last."""
    totals = Counter[_Place]()
    for ends, numbers in moved.items():
        totals[ends[side]] += numbers
    nodes, y = {}, 0.0
    for place, numbers in sorted(
        totals.items(), key=lambda each: (each[0][1] is None, -each[1], each[0][0], each[0][1])
    ):
        thick = numbers * unit
        nodes[place] = _Node(*place, numbers, y, max(thick, _LEAST), thick)
        y += max(thick, _LEAST) + _GAP
    return nodes


def _centred(nodes: Mapping[_Place, _Node], height: float) -> dict[_Place, _Node]:
    """Spreads the networks of the shorter side over the whole height."""
    free = height - max(node.y + node.room for node in nodes.values())
    between = free / len(nodes)
    return {
        place: _Node(node.name, node.country, node.numbers, node.y + between * (i + 0.5), node.room, node.thick)
        for i, (place, node) in enumerate(nodes.items())
    }


def _ribbons(
    moved: Mapping[tuple[_Place, _Place], int],
    origins: Mapping[_Place, _Node],
    targets: Mapping[_Place, _Node],
    *,
    unit: float,
    height: float,
) -> str:
    """Gives the ribbons in a picture of their own, which is stretched to the width there is."""
    left = {place: node.middle - node.thick / 2 for place, node in origins.items()}
    right = {place: node.middle - node.thick / 2 for place, node in targets.items()}
    drawn = []
    for origin in origins:
        for target in targets:
            numbers = moved.get((origin, target), 0)
            if numbers:
                tip = f"{origin[0]} to {target[0]}: {count(numbers)}"
                drawn.append(_ribbon(left[origin], right[target], numbers * unit, tip=tip))
                left[origin] += numbers * unit
                right[target] += numbers * unit
    return element(
        "svg",
        "".join(drawn),
        x=f"{_LEFT + 1:g}%",
        y="0",
        width=f"{_RIGHT - _LEFT - 2:g}%",
        height=f"{height:g}",
        viewBox=f"0 0 100 {height:g}",
        preserveAspectRatio="none",
    )


def _ribbon(left: float, right: float, thick: float, *, tip: str) -> str:
    path = (
        f"M0 {left:.2f}C50 {left:.2f} 50 {right:.2f} 100 {right:.2f}"
        f"V{right + thick:.2f}C50 {right + thick:.2f} 50 {left + thick:.2f} 0 {left + thick:.2f}Z"
    )
    return element("path", element("title", text(tip)), d=path, class_="hf-ribbon")


def _names(nodes: Iterable[_Node], *, at_left: bool) -> Iterable[str]:
    """Gives name, country and numbers of each network of a side, and the bar at which its ribbons end."""
    for node in nodes:
        top = f"{node.middle - node.thick / 2:.2f}"
        x = f"{_LEFT if at_left else _RIGHT - 1:g}%"
        yield element("rect", x=x, y=top, width="1%", height=f"{max(node.thick, 1):.2f}", class_="hf-paid")
        side = {"x": f"{_LEFT - 2:g}%" if at_left else f"{_RIGHT + 2:g}%"}
        side["text_anchor"] = "end" if at_left else "start"
        for name, kind in _fitting(node.name):
            yield element("text", text(name), y=f"{node.middle - 3:.1f}", class_=_both("hf-name", kind), **side)
        numbers = f" · {count(node.numbers)}" if node.country else count(node.numbers)
        for note, kind in _notes(plain(node.country or ""), numbers):
            yield element("text", text(note), y=f"{node.middle + 13:.1f}", class_=_both("hf-quiet", kind), **side)


def _notes(country: str, numbers: str) -> list[tuple[str, str | None]]:
    """Gives country and numbers as they fit into a narrow chart and into a wide one."""
    short, full = (cut(country, room=room * _SIDE - width(numbers)) + numbers for room in (NARROW, WIDE))
    return [(full, None)] if short == full else [(short, "hf-short"), (full, "hf-full")]


def _fitting(name: str) -> list[tuple[str, str | None]]:
    return labels(plain(name), narrow=NARROW * _SIDE, wide=WIDE * _SIDE)


def _both(one: str, other: str | None) -> str:
    return f"{one} {other}" if other else one
