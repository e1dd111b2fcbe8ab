"""What was given: cycles, activity, courses."""
