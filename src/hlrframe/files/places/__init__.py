"""Which files are read, and where each goes.

::

    routes        sources and their destinations   <- open this first
    inputs        a file that is read: where its bytes are, what it is, what messages call it
    kinds         what a file is, by its name and by its bytes
    elsewhere     pipes and objects: brought here, taken there
    overwriting   who may replace a file that is there
    paths         what can go wrong with a path
"""

from hlrframe.files.places.elsewhere import Delivery, delivery_to
from hlrframe.files.places.inputs import InputFile
from hlrframe.files.places.kinds import Format
from hlrframe.files.places.overwriting import Command
from hlrframe.files.places.paths import check_destination, existing_folder, make_room, readable, replacing, writable
from hlrframe.files.places.routes import Named, Route, plan_routes, sources_of

__all__ = [
    "Command",
    "Delivery",
    "Format",
    "InputFile",
    "Named",
    "Route",
    "check_destination",
    "delivery_to",
    "existing_folder",
    "make_room",
    "plan_routes",
    "readable",
    "replacing",
    "sources_of",
    "writable",
]
