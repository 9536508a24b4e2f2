"""Districts side by side: rates with intervals, drawn towards the city where little is known, and no ranking of noise."""
