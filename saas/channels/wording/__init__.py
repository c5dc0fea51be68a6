"""Write a compliance check pack in two lines: ``pack = WordPack.load(Path(__file__).with_name("words.toml"))`` in a module of
yours, and an entry point in the group ``qunfa.checks`` that names it. See docs/compliance.md.

A pack with code of its own implements ``findings`` with ``@hookimpl``; ``normalise`` gives it the text without tricks, with
the way back to the original.
"""

from saas.channels.wording.normal import Normal, normalise
from saas.channels.wording.pack import WordPack

__all__ = ["Normal", "WordPack", "normalise"]
