"""Word and originality checks: inducement, advertising claims, near copies; and the one check of a whole folder. Pure."""
