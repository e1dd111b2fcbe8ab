"""How often the limits hold the truth: the headline estimators on cohorts of the demo's model."""
