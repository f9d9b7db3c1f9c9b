"""blog: articles, their language versions, pictures, and the editorial board's queue."""
