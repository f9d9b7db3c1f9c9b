"""Applies other services' events: subscriptions, partitions, rebuild."""
