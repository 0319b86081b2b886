"""Brands: the faces that messages wear, read from `brands/<name>/brand.toml`."""
