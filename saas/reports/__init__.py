"""Reports: figures and rates, every number with its source."""
