# ruff: noqa: INP001  # a plugin of mkdocs beside the pages
"""What mkdocs does beside turning docs/ into pages: some pages live elsewhere in the repository, for readers there."""

import posixpath
import re
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).parent.parent

#: Files of the repository that are pages of the site, each with the page's name.
ELSEWHERE: Final = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "sample_data/README.md": "sample_data.md",
    "tests/benchmarks/README.md": "benchmarks.md",
}
_SOURCES: Final = {page: path for path, page in ELSEWHERE.items()}
_LINK: Final = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#:]*)(#[^)]*)?\)")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Adds the pages that live elsewhere."""
    for path, name in ELSEWHERE.items():
        files.append(File.generated(config, name, content=(ROOT / path).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Makes links between files of the repository links between pages of the site."""
    del files
    here = _SOURCES.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    linked = _LINK.sub(lambda link: _site_link(link, here, config.repo_url), markdown)
    return linked.replace('"docs/images/', '"images/')


def _site_link(link: re.Match[str], here: str, repository: str | None) -> str:
    text, path, anchor = link[1], link[2], link[3] or ""
    if not path:
        return link[0]
    target = posixpath.normpath(posixpath.join(posixpath.dirname(here), path))
    if target in ELSEWHERE:
        return f"[{text}]({ELSEWHERE[target]}{anchor})"
    if target.startswith("docs/"):
        return f"[{text}]({target.removeprefix('docs/')}{anchor})"
    return f"[{text}]({repository}/blob/main/{target})" if repository else f"{text} (`{target}`)"
