"""Payload formatters in JavaScript, as makers of devices publish them, in a sandbox."""
