"""The floor of the house: clock, errors, settings, database, sealing. Knows nothing of campaigns."""
