"""Four public scenarios: does a message go out twice, over a cap, or not at all? The platform's own log of effects is the judge.

``python3 run.py bench correctness``. Beside the product's workers each row runs a naive arm that does the same job on the same
platform the way such systems usually do, so that everybody sees the check can fail. What each arm does: ``docs/correctness.md``.
"""
