"""Searches that people follow: which of them a new item matches."""
