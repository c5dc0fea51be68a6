"""Which figures the people of a client see."""
