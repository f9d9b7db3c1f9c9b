"""Retries with backoff, and dead letters."""
