"""`/api/v1`: Space as JSON, made from the contracts' own models. `docs/api.md` is for those who use it."""
