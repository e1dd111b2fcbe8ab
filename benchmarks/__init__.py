"""Long measurements that the tests do not make: speed, and coverage on the demo's model."""
