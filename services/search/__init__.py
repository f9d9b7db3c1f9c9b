"""search: one index over everything, filtered by who asks."""
