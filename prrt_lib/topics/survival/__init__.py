"""How long patients live, and how long without progression."""
