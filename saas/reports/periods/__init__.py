"""Reports of a span of time: of the agency, a client or an account; by day, week, month or quarter."""
