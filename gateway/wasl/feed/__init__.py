"""What happened, told to applications as it happens: to those that listen here, and by webhooks."""
