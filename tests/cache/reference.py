# SPDX-License-Identifier: MIT
"""Caches as the papers have them, slow and simple: S3-FIFO (Yang et al., SOSP
2023) and LRU. Each is asked for a key of some size, and says whether it was
there; if not, it is from then on, unless it is larger than the cache.

S3-FIFO here is that of the authors' simulator where the paper leaves a choice:
what goes from small to main begins with no uses, and the ghosts are what small
let go of last, nine tenths of the cache in all. (Those of weft are as many as
nine tenths of the entries: with one size that is the same.)
"""

from collections import OrderedDict


class S3Fifo:
    def __init__(self, capacity):
        self.capacity = capacity
        self.small = OrderedDict()          # key: [size, uses], oldest first
        self.main = OrderedDict()
        self.ghosts = OrderedDict()         # key: size
        self.small_size = self.main_size = self.ghost_size = 0

    def ask(self, key, size):
        entry = self.small.get(key) or self.main.get(key)
        if entry is not None:
            entry[1] = min(entry[1] + 1, 3)
            return True
        if size <= self.capacity:
            self.insert(key, size)
        return False

    def insert(self, key, size):
        while self.small_size + self.main_size + size > self.capacity:
            if self.small_size >= 0.1 * self.capacity or not self.main:
                self.evict_from_small()
            else:
                self.evict_from_main()
        if key in self.ghosts:
            self.ghost_size -= self.ghosts.pop(key)
            self.main[key] = [size, 0]
            self.main_size += size
        else:
            self.small[key] = [size, 0]
            self.small_size += size

    def evict_from_small(self):
        while self.small:
            key, (size, uses) = self.small.popitem(last=False)
            self.small_size -= size
            if uses > 1:
                self.main[key] = [size, 0]
                self.main_size += size
            else:
                self.add_ghost(key, size)
                return

    def evict_from_main(self):
        while self.main:
            key, (size, uses) = self.main.popitem(last=False)
            if uses == 0:
                self.main_size -= size
                return
            self.main[key] = [size, uses - 1]

    def add_ghost(self, key, size):
        self.ghosts[key] = size
        self.ghost_size += size
        while self.ghost_size > 0.9 * self.capacity:
            self.ghost_size -= self.ghosts.popitem(last=False)[1]


class Lru:
    def __init__(self, capacity):
        self.capacity = capacity
        self.entries = OrderedDict()        # key: size, least recent first
        self.size = 0

    def ask(self, key, size):
        if key in self.entries:
            self.entries.move_to_end(key)
            return True
        if size > self.capacity:
            return False
        while self.size + size > self.capacity:
            self.size -= self.entries.popitem(last=False)[1]
        self.entries[key] = size
        self.size += size
        return False
