"""notify: what each person follows, and their notifications."""
