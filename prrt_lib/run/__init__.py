"""One scenario from workbook to pages: what is fresh stays, what changed runs."""
