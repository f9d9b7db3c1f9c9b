"""What every service may use: settings, languages, markup, ids, clock, database. Knows no service."""
