"""How rooms talk: event log, relay, subscriptions, calls, the in-process broker. Knows no service."""
