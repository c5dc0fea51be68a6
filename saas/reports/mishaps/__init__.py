"""What befell a send after it went out, as its platform told it or a person saw it: folded, judged a reprint."""
