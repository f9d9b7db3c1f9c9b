"""What one client may ask for, and how much of it at once (docs/decisions/0011-one-limiter.md)."""
