"""Two finished runs compared: rows, findings, parameters, cells, and which cell moved what."""
