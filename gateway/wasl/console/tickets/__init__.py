"""What support pastes into a ticket: in the customer's language and free of personal data, or for staff with ids."""
