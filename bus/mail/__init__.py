"""Mail that outbox tasks send: the message, and its delivery by SMTP or into a folder. Knows no service."""
