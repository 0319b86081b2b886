"""The language in which messages are looked for: one text, for the console, the API and the command line."""
