"""The home page, the page about Space, and display settings."""
