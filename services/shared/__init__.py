"""Pure helpers of several services; knows no service."""
