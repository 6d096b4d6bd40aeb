"""How many examples a property is tried with: fewer with the fast tests, all where ``.ci/run`` tries more of them."""

from hypothesis import settings

__all__ = ["examples"]


def examples(count, **options):
    """Gives the settings of a property whose examples are dear: so many of a hundred, and fewer by the profile."""
    return settings(max_examples=max(5, count * settings().max_examples // 100), **options)
