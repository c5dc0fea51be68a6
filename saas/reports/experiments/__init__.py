"""A/B: campaigns that were sent to find out which of them is read better, compared by a stated test."""
