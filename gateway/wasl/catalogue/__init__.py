"""What there is to say things with: templates, and the brands that they wear; and what each of them lacks."""
