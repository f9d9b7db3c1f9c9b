"""`/api/v1`: the house as JSON, made from the contracts' own models. `docs/api.md` is for those who use it."""
