"""What mail does: takes mails, handles them, and posts what it holds."""
