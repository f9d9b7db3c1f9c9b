"""Pages and API of the blog."""
