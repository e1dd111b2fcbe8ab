"""One module per family of cell kinds: `read_<kind>(raw, context) -> Parsed`."""
