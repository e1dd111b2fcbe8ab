"""Reproducible analysis of peptide receptor radionuclide therapy (PRRT) outcome studies.

The folders are layers and imports point one way:
base, declare, read, study, estimate, analyse, present, run, tools; cli is the command line.
"""

__version__ = "0.1.0"
