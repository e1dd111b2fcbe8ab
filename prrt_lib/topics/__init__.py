"""One folder per notebook: the rows, tables, figures and sentences of one clinical question."""
