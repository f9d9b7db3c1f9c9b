"""What is needed to run Space: servers for tests, alert rules, and scripts for the broker."""
