"""Today at a glance: one question a box, each figure with the list behind it."""
