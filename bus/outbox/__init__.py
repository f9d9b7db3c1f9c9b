"""Tasks that act outside the database: enqueued in its transaction, run after the commit."""
