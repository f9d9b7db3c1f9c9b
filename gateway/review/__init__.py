"""What waits for review, as its authors see it, and the pages on which administrators set the rules for that."""
