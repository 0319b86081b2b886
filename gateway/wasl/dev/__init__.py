"""`wasl dev`: the whole gateway on one's own machine, with providers that keep what they get. See README.md."""
