"""The published language between services: one module a service. Pydantic models and Protocols only; no I/O."""
