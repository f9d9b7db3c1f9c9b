"""Pages and API of the forum."""
