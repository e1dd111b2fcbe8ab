"""Who the patients are, and what is not known about them."""
