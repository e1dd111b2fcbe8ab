"""What is derived from a patient's rows: dates, grade, stage, courses, response, progression."""
