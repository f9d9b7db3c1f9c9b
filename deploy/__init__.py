"""What it takes to run Space somewhere: servers for tests, and later images and manifests."""
