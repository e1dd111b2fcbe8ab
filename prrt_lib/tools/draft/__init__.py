"""A first profile for an unknown workbook, for a person to complete."""
