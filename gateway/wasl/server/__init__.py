"""The HTTP faces of the gateway; README.md is their chapter."""
