"""What topics draw with: result rows in, tables, curves, sentences out. Never raw data."""
