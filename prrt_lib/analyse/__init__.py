"""What several topics count with: endpoint names in, result rows out."""
