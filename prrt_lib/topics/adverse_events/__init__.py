"""Adverse events, laboratory toxicity, deaths."""
