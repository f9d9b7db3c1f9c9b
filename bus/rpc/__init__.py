"""Remote procedure calls between services."""
