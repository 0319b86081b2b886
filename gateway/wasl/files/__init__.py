"""The files that go along with messages: what is taken, how they are kept, and how they come to the providers. See README.md."""
