"""What wasl costs beside its bare twin: work per CPU-second, in one run on one machine. `make bench` runs it; README.md explains it."""
