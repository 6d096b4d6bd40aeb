# ruff: noqa: INP001  # a plugin of griffe beside the pages
"""Turns what docstrings say for ``help()`` into Markdown: examples with prompts, and names of other objects."""

import re
from typing import Any, Final

from griffe import Extension, GriffeLoader, Object

_ROLE: Final = re.compile(r":(?:func|class|meth|data|mod|exc):`~?(?:[\w.]+\.)?(\w+)`")
_EXAMPLE: Final = re.compile(r"^( *)>>> .*(?:\n(?=.*\S).*)*", flags=re.MULTILINE)


def as_markdown(text: str) -> str:
    """Gives a docstring whose examples are fenced and whose names stand between backticks.

    >>> print(as_markdown("See :func:`~hlrframe.enrich`::"))
    See `enrich`:
    """
    # Two colons say that what follows stands as it is: alone on their line they are nothing else.
    colons = re.sub(r"(?<=.)::$", ":", re.sub(r"^::$", "", text, flags=re.MULTILINE), flags=re.MULTILINE)
    named = _ROLE.sub(r"`\1`", colons).replace("``", "`")
    return _EXAMPLE.sub(lambda found: f"{found[1]}```pycon\n{found[0]}\n{found[1]}```", named)


class Docstrings(Extension):
    """Rewrites the docstring of every object of a package when it was loaded."""

    def on_object(self, *, obj: Object, loader: GriffeLoader, **kwargs: Any) -> None:  # noqa: ANN401  # griffe's own
        """Rewrites one."""
        del loader, kwargs
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value)
