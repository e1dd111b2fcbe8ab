"""What can go wrong, and where things are."""
