"""Exports: lists of the console as files, written behind the requests that ask for them, and behind those who send. See README.md."""
