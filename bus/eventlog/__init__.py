"""The event log: append, read, relay to the broker, and its tables."""
