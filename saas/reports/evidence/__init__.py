"""Evidence: what happened to a campaign, as a chain of records that anybody can check without us."""
