"""What can go wrong, said so that a person can act on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class PrrtError(Exception):
    """Base of every error that is shown to a user without a traceback.

    ``exit_code`` is what the command returns: 1 internal, 2 the user's input, 3 a notebook.
    """

    exit_code = 2


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where, what was found, what was expected, what to do."""

    where: str
    found: str
    expected: str
    todo: str

    def __str__(self) -> str:
        return (
            f"{self.where}: found {self.found}; expected {self.expected}. What to do: {self.todo}."
        )


class InputError(PrrtError):
    """The user's input cannot be used; carries every problem found, not only the first."""

    def __init__(self, problems: Problem | Sequence[Problem]):
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @property
    def found(self) -> str:
        """What was found, of every problem."""
        return "; ".join(problem.found for problem in self.problems)

    def __reduce__(self):
        """Errors cross process borders (the gate and the runner use child processes)."""
        return type(self), (self.problems,)


class WorkbookError(InputError):
    """The workbook cannot be opened or understood."""


class ProfileError(InputError):
    """The profile does not describe the workbook, or is itself malformed."""


class ParameterError(InputError):
    """A scenario's parameter is unknown, of the wrong type, or impossible."""


class AnalysisError(InputError):
    """An analysis was asked for that the data or a declared decision does not allow."""


class NotebookError(InputError):
    """A notebook stopped; names the notebook and the cell."""

    exit_code = 3
