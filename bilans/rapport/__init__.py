"""What the annual report says."""
