"""The web: API, console and callbacks."""
