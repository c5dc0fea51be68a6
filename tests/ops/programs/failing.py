"""A program for the stack's tests that cannot start."""

import sys

sys.exit("the reason is written here")
