"""What a message says: templates, and rendering by format. One format is one file; README.md is the chapter."""
