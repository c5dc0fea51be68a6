"""Review: the machine check and the approval of a second person."""
