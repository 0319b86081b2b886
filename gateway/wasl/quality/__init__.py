"""The quality scale of plugins: what tiers ask for (scale), what people say (said), what is seen (evidence), the verdict (checking)."""
