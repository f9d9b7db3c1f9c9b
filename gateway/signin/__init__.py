"""Signing up, in and out, and the cookie that carries a session."""
