"""The services. Each owns its database; none knows another."""
