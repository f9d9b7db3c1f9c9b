"""Handles other services' events: subscriptions, partitions, rebuilds."""
