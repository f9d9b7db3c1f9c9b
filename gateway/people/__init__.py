"""Pages and API of people and groups."""
