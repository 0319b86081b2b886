"""For the tests of applications: a gateway whose providers keep what they get. See README.md; pytest finds the fixtures by itself."""
