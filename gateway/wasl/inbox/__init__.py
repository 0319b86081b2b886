"""What people's own apps do with their feed: read it, say what became of it, and follow it."""
