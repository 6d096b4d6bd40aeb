"""Fails unless every notebook says what its script says and keeps no outputs.

The scripts (``notebooks/*.py``, percent format) are what people edit; the notebooks beside them are generated. They
are compared cell by cell, since jupytext gives new cell ids each time.
"""
# ruff: noqa: INP001  # a script, not a package

import sys
from collections.abc import Iterator
from pathlib import Path

import jupytext

FOLDER = Path(__file__).parent.parent / "notebooks"


def cells(path: Path) -> list[tuple[str, str]]:
    """Gives kind and source of each cell."""
    return [(cell.cell_type, cell.source) for cell in jupytext.read(path).cells]


def has_outputs(path: Path) -> bool:
    """Says whether a notebook was saved with what it printed."""
    return any(cell.get("outputs") or cell.get("execution_count") for cell in jupytext.read(path).cells)


def complaints(folder: Path) -> Iterator[str]:
    """Gives one sentence for each thing that is wrong."""
    scripts = {path.stem for path in folder.glob("*.py")}
    notebooks = {path.stem for path in folder.glob("*.ipynb")}
    if not scripts | notebooks:
        yield f"{folder.name}/ has no notebooks"
    for name in sorted(scripts ^ notebooks):
        yield f"{name}: the script or the notebook is missing; run 'just notebooks'"
    for name in sorted(scripts & notebooks):
        if cells(folder / f"{name}.py") != cells(folder / f"{name}.ipynb"):
            yield f"{name}.ipynb differs from {name}.py; run 'just notebooks'"
        if has_outputs(folder / f"{name}.ipynb"):
            yield f"{name}.ipynb keeps outputs; run 'just notebooks'"


if __name__ == "__main__":
    sys.exit("\n".join(complaints(FOLDER)) or None)
