"""Programs for those who develop Space: set-up, tests, checks."""
