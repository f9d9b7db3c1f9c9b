"""Messages to browsers that outbox tasks send by Web Push: encryption, signature and delivery. Knows no service."""
