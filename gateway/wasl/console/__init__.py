"""The support console: what was sent to whom, whether it arrived, if not why, and what may be done now."""
