"""Guests: people without a login who are sent a client's report, once they have said yes to it themselves."""
