"""The gateway: pages, API, feeds, wiki surfaces and live updates. It holds no truth of its own."""
