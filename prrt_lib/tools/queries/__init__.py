"""Questions about a workbook for its abstractors, and their answers."""
