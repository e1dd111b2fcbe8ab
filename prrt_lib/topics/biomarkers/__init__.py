"""Chromogranin A and pancreastatin over time and against survival."""
