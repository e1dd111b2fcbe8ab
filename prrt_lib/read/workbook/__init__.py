"""Whether a file is safe, and its cells as Excel knows them."""
