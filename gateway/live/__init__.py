"""What reaches a reader by itself: `/live` for the signed-in person, and the shared ear behind the public streams."""
