"""Applications to platforms' own approvals: submitted once, asked for, and taken over by the service that signs on the page."""
