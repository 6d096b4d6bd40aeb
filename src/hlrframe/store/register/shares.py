"""How many requests each run gets: shares are agreed anew as runs come and go, and granted, never assumed."""

from collections.abc import Callable, Mapping

from hlrframe.store.register.state import State

__all__ = ["even_shares", "fair_share", "settle_share"]


def even_shares(most: int, wants: Mapping[str, int]) -> dict[str, int]:
    """Divides so many requests evenly; what one does not want, the others get.

    >>> even_shares(210, {"a": 210, "b": 10, "c": 210})
    {'b': 10, 'a': 100, 'c': 100}
    """
    shares, left = dict[str, int](), most
    for place, (name, wanted) in enumerate(sorted(wants.items(), key=lambda each: (each[1], each[0]))):
        shares[name] = min(wanted, left // (len(wants) - place))
        left -= shares[name]
    return shares


def fair_share(state: State, name: str) -> int:
    """Gives what a run is to have now: its even part, as far as the others have left it."""
    member = state.runs[name]
    most = min(each.most for each in state.sharing(member.account))
    ours = {each: run.wants for each, run in state.runs.items() if run.account == member.account}
    free = most - sum(each.share for each in state.sharing(member.account, but=name))
    return max(0, min(even_shares(most, ours)[name], free))


def settle_share(state: State, name: str, *, wants: int, lower: Callable[[int], int]) -> int:
    """Gives a run its share; what it has in flight above that stays its own until it has landed.

    Args:
        state: Is altered.
        name: The run.
        wants: Requests that it would use.
        lower: Called with what it is to have: from then on it takes no more, and says what it has in flight.

    Returns:
        What it is to have.
    """
    member = state.runs.get(name)
    if member is None:  # it has just left
        return lower(0) * 0
    member.wants = wants
    target = fair_share(state, name)
    member.share = max(target, lower(target))
    return target
