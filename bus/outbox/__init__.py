"""Outbox tasks: work outside the database, enqueued in its transaction and carried out after the commit."""
