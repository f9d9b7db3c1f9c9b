"""Metrics, health, logging and tracing."""
