"""What people write to accounts and do on them: kept once, shown to the agency, and answered by rules that two people signed."""
