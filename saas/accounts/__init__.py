"""Clients (brands) and their channel accounts: credentials, health, and the line to the platform."""
