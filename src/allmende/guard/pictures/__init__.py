"""What pictures say beside what they show: where they were taken, with whose camera."""
