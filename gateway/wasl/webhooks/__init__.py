"""Webhooks to the application: what happened is posted to its endpoints, signed, until they take it. README.md is the chapter."""
