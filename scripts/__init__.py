"""Programs for developers: set-up, tests and checks."""
