"""The trial of faults: real processes, all channels, kills at named points and at random moments, and books that must agree.

Everything runs in a home of its own, on embedded servers and against simulators. ``conduct`` in ``trial`` is the whole of it.
"""
