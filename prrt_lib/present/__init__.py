"""Result rows in, what people see out. Never raw data."""
