"""Benchmarks: each row an arm of the product and its baseline, measured side by side in the same run.

``python3 run.py bench [NAME…] [--json]``; what the rows mean and where the limits are: ``docs/performance.md``.
"""
