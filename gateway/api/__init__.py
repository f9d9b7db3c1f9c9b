"""`/api/v1`: Space as JSON, made from the contracts' models. `docs/api.md` is its documentation for users."""
