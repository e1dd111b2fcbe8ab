"""Looking around in a built scenario: choices, their answer, and the code that gives it again."""

from prrt_lib.edges.exploring.explorer import Explorer
from prrt_lib.edges.exploring.question import Question

__all__ = ["Explorer", "Question"]
