"""Pages: HTML that works without scripts, made from what the services answer."""
