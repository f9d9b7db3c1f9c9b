"""people: accounts, sessions, profiles, roles, groups and membership."""
