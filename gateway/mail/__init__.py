"""The words of mails. It is used where mail is sent (`space.wiring`), without Flask."""
