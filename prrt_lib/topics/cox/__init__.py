"""What is associated with survival: Cox models beside the declared ones."""
