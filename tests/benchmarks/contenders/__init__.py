"""Ways to ask a provider about many numbers: ours, its floor, and what one would write by hand.

Each module has one function, ``run(url, numbers, *, batch_size)``, which asks about every number at ``url`` and
gives the count of answers. Those by hand keep what they were told as Python objects and build no frame, to their
favour. Importing a module is not part of what is measured.
"""
