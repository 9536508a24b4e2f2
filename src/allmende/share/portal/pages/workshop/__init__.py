"""The workshop: where people bring, describe, check, release and withdraw data. For those who signed in."""
