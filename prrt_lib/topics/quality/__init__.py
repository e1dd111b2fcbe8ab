"""How good the workbook is, and who is analysed."""
