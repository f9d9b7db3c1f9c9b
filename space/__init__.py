"""The `space` command for operators, and the composition root."""
