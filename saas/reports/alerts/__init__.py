"""Alerts: what is looked for, who hears of it, and that each hears of it once."""
