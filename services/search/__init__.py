"""The search service: one index over all content, filtered by what the viewer may see."""
