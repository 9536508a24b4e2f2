"""Files from outside: what they really are, which tables are in them, and what is wrong with them."""
