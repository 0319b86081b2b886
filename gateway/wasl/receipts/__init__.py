"""What providers tell later: taken in, proved, kept, and merged into what is known of a message."""
