"""The published language between rooms: one module a service. Pydantic models and Protocols only; no I/O."""
