"""The contracts between services: views, commands, events and APIs, one module for each service. No I/O."""
