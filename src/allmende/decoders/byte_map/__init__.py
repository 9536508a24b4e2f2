"""Payloads described as tables: which bytes are which value."""
