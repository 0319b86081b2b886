"""wasl.toml: what it may say, one section a file; every mistake is told at its line, with the fix."""

from wasl.config.file import DEFAULT_FILE, Config, ProviderSection, Route, check_names, examine, load
from wasl.config.retry import Retry

__all__ = ["DEFAULT_FILE", "Config", "ProviderSection", "Retry", "Route", "check_names", "examine", "load"]
