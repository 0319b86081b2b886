"""All state, on disk: accepting, claiming, intents, settling, reading; on SQLite."""
