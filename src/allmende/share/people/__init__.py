"""Signing in: passwords, sign-ins, forms that only their reader can send, and limits against guessing."""
