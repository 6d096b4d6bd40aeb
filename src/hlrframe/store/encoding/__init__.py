"""How numbers lie in a store, and who may see them.

::

    privacy   plain and hashed, and which columns tell a person   <- open this first
    cipher    encrypted
    opening   which of them a store is, and with what key
"""

from hlrframe.store.encoding.opening import encoding_of
from hlrframe.store.encoding.privacy import PLAIN, Between, Encoding, KeySource

__all__ = ["PLAIN", "Between", "Encoding", "KeySource", "encoding_of"]
