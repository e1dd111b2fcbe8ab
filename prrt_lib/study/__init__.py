"""Who is in the study, and when their clocks start."""
