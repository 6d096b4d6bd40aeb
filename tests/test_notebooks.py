from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))

#: A notebook that reaches for the network, or for somebody's account, fails as it would on a machine without them.
ALONE = """
import os, socket

def _refuse(*address, **options):
    raise OSError(f"a notebook needs no network: {address}")

socket.getaddrinfo = socket.create_connection = socket.socket.connect = _refuse
for name in ("HLR_API_KEY", "HLR_API_SECRET", "HLR_BASE_URL"):
    os.environ.pop(name, None)
"""


def run(path, *, folder):
    """The notebook as it is after its cells were run in a kernel of their own."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(ALONE))
    return NotebookClient(notebook, timeout=40, resources={"metadata": {"path": str(folder)}}).execute()


def shown(notebook):
    """Everything that is on the page, as plain text and as HTML."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    pages = [output.get("data", {}).get("text/html", "") for output in outputs]
    return "".join(output.get("text", "") for output in outputs), "".join(pages)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_in_a_real_kernel(path):
    """Every cell runs without a network and without an account, and what the text promises is on the page."""
    text, html = shown(run(path, folder=path.parent))
    assert 'class="hlrframe"' in html
    assert "the answers come from the emulator" in text


def test_there_are_notebooks():
    """The folder is where it is looked for."""
    assert "01_clean_a_contact_list" in {path.stem for path in NOTEBOOKS}
