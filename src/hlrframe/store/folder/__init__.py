"""The folder of a store on this machine.

::

    places      where things lie, by name alone   <- open this first
    layout      what may be done there, and by which version
    facts       what each file says of its store
    inventory   which files ought to be there, and how long
    upkeep      what tidying needs: to be alone at it, and to know what was lost
    disk        private folders, and what to do when the system says no
"""

from hlrframe.store.folder.disk import (
    append,
    explained,
    is_same_file,
    is_temporary,
    list_files,
    make_directory,
    remove_temporary,
    sweep_temporaries,
    write_whole,
)
from hlrframe.store.folder.facts import JOURNAL_HEAD, facts_in, facts_of_sealed
from hlrframe.store.folder.inventory import NOTED, Inventory, Watermark
from hlrframe.store.folder.layout import FORMAT_VERSION, Layout, checked, refuse_newer
from hlrframe.store.folder.places import Places, View, is_of_register, new_name, run_of, warn_of_others
from hlrframe.store.folder.upkeep import Upkeep

__all__ = [
    "FORMAT_VERSION",
    "JOURNAL_HEAD",
    "NOTED",
    "Inventory",
    "Layout",
    "Places",
    "Upkeep",
    "View",
    "Watermark",
    "append",
    "checked",
    "explained",
    "facts_in",
    "facts_of_sealed",
    "is_of_register",
    "is_same_file",
    "is_temporary",
    "list_files",
    "make_directory",
    "new_name",
    "refuse_newer",
    "remove_temporary",
    "run_of",
    "sweep_temporaries",
    "warn_of_others",
    "write_whole",
]
