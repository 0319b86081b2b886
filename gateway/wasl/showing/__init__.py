"""What a provider would get, and what one got: previews, and messages made again. Nothing is sent, kept or counted."""
