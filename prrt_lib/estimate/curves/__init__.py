"""Event-time curves and their tests: risk sets, product limit, competing events, rank tests."""
