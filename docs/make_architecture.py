# ruff: noqa: INP001  # a script beside the page that it makes
"""Draws the packages and their imports, as they are, into ``docs/images/house.svg``.

Run ``python docs/make_architecture.py``.

A package stands on the lowest floor that is above everything it imports. An arrow that others imply is left out.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "hlrframe"
PICTURE = ROOT / "docs" / "images" / "house.svg"
#: Below everything, and in every picture a thicket of arrows for nothing.
LEFT_OUT = {"errors", "__init__", "__main__"}
WIDTH, BOX, HEIGHT, GAP = 760, 112, 40, 36

STYLE = """
  text { font: 14px system-ui, sans-serif; fill: #1f2328; text-anchor: middle; dominant-baseline: central; }
  rect { fill: #f6f8fa; stroke: #59636e; rx: 6px; }
  path { fill: none; stroke: #59636e; stroke-opacity: 0.7; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; } rect { fill: #151b23; stroke: #9198a1; } path { stroke: #9198a1; }
  }
"""


def imports() -> dict[str, set[str]]:
    """Gives what each package imports of the others, imports in functions and for types alone included."""
    graph: dict[str, set[str]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).with_suffix("").parts[0]
        found = graph.setdefault(name, set())
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hlrframe"):
                inside = [node.module.split(".")[1]] if "." in node.module else [each.name for each in node.names]
                found.update(inside)
    rooms = graph.keys() - LEFT_OUT
    return {name: (graph[name] & rooms) - {name} for name in sorted(rooms)}


def floors(graph: dict[str, set[str]]) -> dict[str, int]:
    """Gives each package its floor, counted from the ground."""

    def floor(name: str) -> int:
        return 1 + max(map(floor, graph[name]), default=-1)

    return {name: floor(name) for name in graph}


def reduced(graph: dict[str, set[str]]) -> list[tuple[str, str]]:
    """Gives the arrows that no longer way implies."""

    def reach(name: str) -> set[str]:
        return graph[name].union(*map(reach, graph[name]))

    return [
        (name, other)
        for name in graph
        for other in sorted(graph[name])
        if not any(other in reach(third) for third in graph[name] - {other})
    ]


def picture() -> str:
    """Gives the picture as SVG."""
    graph = imports()
    levels = floors(graph)
    top = max(levels.values())
    places = {}
    for level in range(top + 1):
        row = [name for name in graph if levels[name] == level]
        for place, name in enumerate(row):
            places[name] = (WIDTH * (place + 1) / (len(row) + 1), 30 + (top - level) * (HEIGHT + GAP))
    arrows = []
    for above, below in reduced(graph):
        (x1, y1), (x2, y2) = places[above], places[below]
        start, end = y1 + HEIGHT / 2, y2 - HEIGHT / 2
        bend = f"C{x1:.0f} {start + 30:.0f} {x2:.0f} {end - 30:.0f}"
        arrows.append(f'<path d="M{x1:.0f} {start:.0f} {bend} {x2:.0f} {end:.0f}"/>')
    boxes = [
        f'<rect x="{x - BOX / 2:.0f}" y="{y - HEIGHT / 2:.0f}" width="{BOX}" height="{HEIGHT}"/>'
        f'<text x="{x:.0f}" y="{y:.0f}">{name}</text>'
        for name, (x, y) in places.items()
    ]
    height = 60 + top * (HEIGHT + GAP)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
    title = "<title>The packages of hlrframe; each imports those below it</title>"
    return "\n".join([head, title, f"<style>{STYLE}</style>", *arrows, *boxes, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8", newline="\n")
