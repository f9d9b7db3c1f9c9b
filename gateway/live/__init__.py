"""`/live`, the notifications of the signed-in person as they come, and the broadcaster that public streams share."""
