"""The rules as people read them: packs by name and day, what the agency changed of them, the trades of its clients."""
