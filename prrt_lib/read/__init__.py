"""Workbook in; typed tables, findings and lineage out."""

from prrt_lib.read.parsed import Parsed
from prrt_lib.read.registry import KINDS, parse

__all__ = ["KINDS", "Parsed", "parse"]
