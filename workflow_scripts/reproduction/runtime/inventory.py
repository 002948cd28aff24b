"""What is in the object store, listed once for a plan, where Snakemake's plugin asks three times for each file.

A plan of the paper's build looks for some 20,000 files, and the plugin lists no folder but that of the first. What is
replaced here is a method of the plugin's interface and the place where Snakemake notes that a folder was listed; a
version without that place is left as it is, and plans slower.
"""

from pathlib import PurePosixPath
from typing import Any

from geovae.core.errors import GeovaeError
from reproduction.runtime.stores import Store


def list_once(objects: type, store: Store) -> None:
    """Let the files of a store be found in one list of all its objects, which is made when the first is looked for.

    Other files, and all of them once jobs run, are asked for as before.

    Args:
        objects: the plugin's class of what is in a store; it is changed.
        store: whose files are concerned.
    """
    of_file, parent_of = objects.inventory, objects.get_inventory_parent
    place = f"{store.bucket}/{store.prefix}".rstrip("/")

    def concerned(item: Any) -> bool:
        return item.bucket == store.bucket and item.key.startswith(store.prefix)

    def get_inventory_parent(item: Any) -> str | None:
        return item.cache_key(place) if concerned(item) else parent_of(item)

    async def inventory(item: Any, cache: Any) -> None:
        listed = getattr(cache.exists_in_storage, "has_inventory", None)
        if listed is None or not concerned(item):
            await of_file(item, cache)
        elif (parent := item.cache_key(place)) not in listed:
            _fill(cache, item, store)
            listed.add(parent)

    objects.inventory, objects.get_inventory_parent = inventory, get_inventory_parent


def _fill(cache: Any, item: Any, store: Store) -> None:
    """Note all objects of a store, and the folders that they make, under the names that Snakemake has for them."""
    from snakemake.exceptions import WorkflowError
    from snakemake_interface_storage_plugins.io import Mtime

    folders = set()
    try:
        for name, modified, size in store.listing():
            key = item.cache_key(f"{store.bucket}/{name}")
            cache.exists_in_storage[key] = True
            cache.mtime[key], cache.size[key] = Mtime(storage=modified), size
            folders.update(PurePosixPath(name).parents[:-1])  # without `.`
    except GeovaeError as error:
        raise WorkflowError(str(error)) from None
    for folder in folders:
        cache.exists_in_storage[item.cache_key(f"{store.bucket}/{folder}")] = True
