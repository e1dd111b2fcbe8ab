"""Looking around in a built scenario: choices, their answer, and the code that gives it again."""

from prrt_lib.tools.explore.explorer import Explorer
from prrt_lib.tools.explore.question import Question

__all__ = ["Explorer", "Question"]
