"""Answers of a run without a store, kept beside its output until that is written whole.

Whatever happens to the source, the destination or the disk meanwhile, what was paid for is got back: the same run takes
it up from there.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hlrframe.errors import HlrframeError
from hlrframe.model import Report
from hlrframe.store import Store

__all__ = ["KeptAnswers"]


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """A store that lives as long as a run has not come to its end."""

    path: Path

    @classmethod
    def beside(cls, destination: Path) -> Self:
        """Gives those of the run that writes this destination."""
        return cls(destination.with_name(f".{destination.name}.answers"))

    @property
    def store(self) -> Store:
        """Where they are."""
        return Store(self.path)

    def exist(self) -> bool:
        """Says whether an earlier run left any."""
        return self.path.is_dir()

    def remove(self) -> None:
        """Removes them: the output holds all that was paid for."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _worth(self, report: Report | None) -> bool:
        """Whether anything was paid for, or may have been."""
        spent = report is None or report.credits or report.possibly_billed_twice
        return bool(spent or self.store.stats().answers)

    def __str__(self) -> str:
        return f"what was paid for is kept in {self.path}, and the same run takes it up"

    def told_by(self, error: Exception) -> None:
        """Lets an error say where they are."""
        if self.exist() and not self._worth(getattr(error, "report", None)):
            self.remove()
        if not self.exist():
            return
        if isinstance(error, HlrframeError):
            error.args = (f"{error}; {self}", *error.args[1:])
        else:
            error.add_note(str(self))
