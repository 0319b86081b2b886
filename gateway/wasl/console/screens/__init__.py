"""The screens, one a file; each has PAGES and, where it is in the navigation, NAV. They are found, so nobody lists them."""
