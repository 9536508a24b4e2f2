"""Statistical disclosure control: small groups of people stay hidden in tables that add up."""
