"""Pages and API of search and tags."""
