"""The front door for operators: the `space` command, and the one composition root."""
