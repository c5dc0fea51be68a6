"""Portals: platform applications of the agency over which owners authorise accounts, and what they granted."""
