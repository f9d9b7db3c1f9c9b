"""/admin: pages of administrators."""
