"""One cell -> one value or a refusal: one module per family of kinds."""
