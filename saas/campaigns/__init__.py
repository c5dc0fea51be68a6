"""Campaigns: what is said, on which accounts, when, and the plan that reviewers sign."""
