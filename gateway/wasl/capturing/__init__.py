"""Providers that keep what they get and send nothing: of tests, of `wasl dev`, and of its inbox. See README.md."""
