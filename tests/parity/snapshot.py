# SPDX-License-Identifier: MIT
"""Gives an older CPython the iterations of 3.14 over its weak containers.

Since 3.14 an iteration goes through a copy of the container's data, made at the
first `next`. Before that it walked the live table, put removals off until the
last iteration had ended, and failed when the size changed meanwhile.

These are generators, as those of 3.14 are. Their frames are let go of in
another order, though: 3.14 empties a frame from its end, and the older ones
from its beginning. So the variables stand here in the reverse order, the
container last; what is on the stack, the iterator of the copy, goes first in
all of them.
"""

import sys
import weakref

SINCE = (3, 14)


def values(shown, ref, container):
    for ref in container.data.copy().values():
        shown = ref()
        if shown is not None:
            yield shown


def value_items(shown, ref, key, container):
    for key, ref in container.data.copy().items():
        shown = ref()
        if shown is not None:
            yield key, shown


def value_keys(ref, key, container):
    for key, ref in container.data.copy().items():
        if ref() is not None:
            yield key


def keys(shown, ref, container):
    for ref in container.data.copy():
        shown = ref()
        if shown is not None:
            yield shown


def key_items(shown, value, ref, container):
    for ref, value in container.data.copy().items():
        shown = ref()
        if shown is not None:
            yield shown, value


def key_values(value, ref, container):
    for ref, value in container.data.copy().items():
        if ref() is not None:
            yield value


def method(generator):
    unset = (None,) * (generator.__code__.co_argcount - 1)
    return lambda self: generator(*unset, self)


def install():
    """Does nothing in 3.14 or later."""
    if sys.version_info >= SINCE:
        return
    by_value = weakref.WeakValueDictionary
    by_key = weakref.WeakKeyDictionary
    by_value.values = method(values)
    by_value.items = method(value_items)
    by_value.keys = by_value.__iter__ = method(value_keys)
    by_key.values = method(key_values)
    by_key.items = method(key_items)
    by_key.keys = by_key.__iter__ = method(keys)
    weakref.WeakSet.__iter__ = method(keys)
