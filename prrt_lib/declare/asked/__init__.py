"""What is asked of the report: clauses of the registry entry, checklists, exhibits."""
