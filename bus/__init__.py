"""How services communicate: event log, relay, subscriptions, outbox, calls, transport. Knows no service."""
