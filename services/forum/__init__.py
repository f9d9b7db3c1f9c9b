"""forum: categories, topics and posts."""
