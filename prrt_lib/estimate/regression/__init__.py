"""Regression of event times: partial likelihood, Cox, Firth, Fine and Gray, diagnostics."""
