"""How many made-up examples a property is tried on: ``make check`` takes few, ``make test`` all."""

from hypothesis import settings

settings.register_profile("few", max_examples=10, deadline=None)
