"""Keys of the result rows that count the patients at each step to a population."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The rule of a population's last step: who is in it.
END = "population"


def keys(step: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of a line of the flow: the row that counts who is left, and the one of who left."""
    stayed = {"analysis": "quality", "population": step["population"], "variable": "flow",
              "level": step["step"], "statistic": "count"}  # fmt: skip
    left = {**stayed, "group": "excluded", "group_level": step["reason"]}
    return [stayed] if step["rule"] == END else [stayed, left]
