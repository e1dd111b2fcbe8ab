"""Cohort and endpoint names in, result rows out, through the estimate layer."""
