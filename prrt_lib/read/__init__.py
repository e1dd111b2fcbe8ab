"""Workbook in; typed tables, findings and lineage out."""

from prrt_lib.read.parsing import KINDS, Parsed, parse

__all__ = ["KINDS", "Parsed", "parse"]
