"""Facts as frozen data that describe and check themselves."""
