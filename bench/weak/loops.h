// SPDX-License-Identifier: MIT
//
// What is done to a table, and timed: see weak.h. Included once for each peer,
// with T(name) naming its functions. A kind is a constant in each loop.

#define BY_KIND(loop, side, kind) \
    ((kind) == KIND_INT ? loop(side, KIND_INT) \
    : (kind) == KIND_TEXT ? loop(side, KIND_TEXT) \
    : (kind) == KIND_CHEAP ? loop(side, KIND_CHEAP) \
    : (kind) == KIND_STRING ? loop(side, KIND_STRING) \
    : loop(side, KIND_OBJECT))
#define LOOP static inline __attribute__((always_inline))

// ---------------------------------------------------------------------------
// Values are watched

static inline void T(make)(struct side *side)
{
    side->objects = bench_array(count, sizeof(*side->objects));
    for (uint32_t i = 0; i < count; i++)
        side->objects[i] = T(node_new)();
}

static inline void T(make_keys)(struct side *side, enum kind kind)
{
    side->keys = bench_array(2 * (size_t)count, sizeof(*side->keys));
    for (uint32_t i = 0; i < 2 * count; i++)
        side->keys[i] = T(key_new)(kind, i);
}

static inline void T(fill)(struct side *side, enum kind kind)
{
    side->map = T(map_new)(MAP_VALUE);
    for (uint32_t i = 0; i < count; i++)
        T(put)(side->map, kind, side->keys[i], side->objects[i]);
    BENCH_CHECK(T(map_count)(side->map) == count);
}

static inline void T(open)(struct side *side, enum kind kind)
{
    T(make)(side);
    T(make_keys)(side, kind);
    T(fill)(side, kind);
    side->there = bench_array(asked, sizeof(*side->there));
    side->absent = bench_array(asked, sizeof(*side->absent));
    for (uint32_t i = 0; i < asked; i++) {
        uint32_t at = chosen[i];
        side->there[i] = T(probe)(kind, at, side->keys[at]);
        side->sum += (uintptr_t)side->objects[at];
    }
    for (uint32_t i = 0; i < asked; i++) {
        uint32_t at = chosen[i] + count;
        side->absent[i] = T(probe)(kind, at, side->keys[at]);
    }
}

static inline void T(close)(struct side *side, enum kind kind)
{
    for (uint32_t i = 0; i < count; i++)
        T(drop)(side->objects[i]);
    BENCH_CHECK(T(map_count)(side->map) == 0);
    T(map_free)(side->map);
    for (uint32_t i = 0; i < asked; i++) {
        T(key_drop)(kind, side->there[i]);
        T(key_drop)(kind, side->absent[i]);
    }
    for (uint32_t i = 0; i < 2 * count; i++)
        T(key_drop)(kind, side->keys[i]);
}

LOOP double T(hits_of)(struct side *side, enum kind kind)
{
    uintptr_t sum = 0;
    double start = bench_now();
    FOR_ALL_ASKED (i) {
        void *object = T(get)(side->map, kind, side->there[i]);
        if (object == NULL)
            continue;
        sum += (uintptr_t)object;
        BENCH_KEEP(object);
        T(drop)(object);
    }
    double ns = bench_now() - start;
    BENCH_CHECK(sum == side->sum * (ASKED / asked));
    return ns;
}

LOOP double T(misses_of)(struct side *side, enum kind kind)
{
    uint32_t missed = 0;
    double start = bench_now();
    FOR_ALL_ASKED (i) {
        void *object = T(get)(side->map, kind, side->absent[i]);
        BENCH_KEEP(object);
        missed += object == NULL;
    }
    double ns = bench_now() - start;
    BENCH_CHECK(missed == ASKED);
    return ns;
}

LOOP double T(churn_of)(struct side *side, enum kind kind)
{
    const union key *fresh = side->keys + count;
    double start = bench_now();
    for (uint32_t i = 0; i < count; i++) {
        void *object = T(node_new)();
        T(put)(side->map, kind, fresh[i], object);
        T(drop)(object);
    }
    double ns = bench_now() - start;
    BENCH_CHECK(T(map_count)(side->map) == count);
    return ns;
}

// A random object dies, another is put under another key: each once a pass.
LOOP double T(replace_of)(struct side *side, enum kind kind)
{
    const union key *next = side->keys + (side->is_second ? 0 : count);
    double start = bench_now();
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = order[i];
        T(drop)(side->objects[at]);
        side->objects[at] = T(node_new)();
        T(put)(side->map, kind, next[at], side->objects[at]);
    }
    double ns = bench_now() - start;
    side->is_second = !side->is_second;
    BENCH_CHECK(T(map_count)(side->map) == count);
    for (uint32_t i = 0; i < count; i += 97) {
        void *object = T(get)(side->map, kind, next[i]);
        BENCH_CHECK(object == side->objects[i]);
        T(drop)(object);
    }
    return ns;
}

static inline double T(hits)(struct side *side, enum kind kind)
{
    return BY_KIND(T(hits_of), side, kind);
}

static inline double T(misses)(struct side *side, enum kind kind)
{
    return BY_KIND(T(misses_of), side, kind);
}

static inline double T(churn)(struct side *side, enum kind kind)
{
    return BY_KIND(T(churn_of), side, kind);
}

static inline double T(replace)(struct side *side, enum kind kind)
{
    return BY_KIND(T(replace_of), side, kind);
}

// ---------------------------------------------------------------------------
// Keys are watched

static inline void T(ask_objects)(struct side *side)
{
    side->there = bench_array(asked, sizeof(*side->there));
    side->sum = 0;
    for (uint32_t i = 0; i < asked; i++) {
        side->there[i].object = T(twin)(side->objects[chosen[i]]);
        side->sum += chosen[i] + 1;
    }
}

static inline void T(key_fill)(struct side *side)
{
    side->map = T(map_new)(MAP_KEY);
    for (uint32_t i = 0; i < count; i++)
        T(key_put)(side->map, side->objects[i], i + 1);
    BENCH_CHECK(T(map_count)(side->map) == count);
}

static inline void T(key_open)(struct side *side)
{
    T(make)(side);
    T(key_fill)(side);
    T(ask_objects)(side);
}

// Of a set, too.
static inline void T(key_close)(struct side *side)
{
    for (uint32_t i = 0; i < asked; i++)
        T(drop)(side->there[i].object);
    for (uint32_t i = 0; i < count; i++)
        T(drop)(side->objects[i]);
    BENCH_CHECK(T(map_count)(side->map) == 0);
    T(map_free)(side->map);
}

static inline double T(key_hits)(struct side *side)
{
    uintptr_t sum = 0;
    double start = bench_now();
    FOR_ALL_ASKED (i)
        sum += T(key_get)(side->map, side->there[i].object);
    double ns = bench_now() - start;
    BENCH_CHECK(sum == side->sum * (ASKED / asked));
    return ns;
}

static inline double T(key_churn)(struct side *side)
{
    double start = bench_now();
    for (uint32_t i = 0; i < count; i++) {
        void *object = T(node_new)();
        T(key_put)(side->map, object, i + 1);
        T(drop)(object);
    }
    double ns = bench_now() - start;
    BENCH_CHECK(T(map_count)(side->map) == count);
    return ns;
}

// ---------------------------------------------------------------------------
// Members are watched

// In random order; is_second: in the order in which they were made.
static inline void T(set_fill)(struct side *side)
{
    for (uint32_t i = 0; i < count; i++)
        T(set_add)(side->map, side->objects[side->is_second ? i : order[i]]);
}

static inline void T(set_open)(struct side *side)
{
    T(make)(side);
    T(ask_objects)(side);
    side->map = T(map_new)(MAP_SET);
    T(set_fill)(side);
    BENCH_CHECK(T(map_count)(side->map) == count);
}

// Leaves a full set.
static inline double T(set_make)(struct side *side)
{
    T(map_free)(side->map);
    side->map = T(map_new)(MAP_SET);
    double start = bench_now();
    T(set_fill)(side);
    double ns = bench_now() - start;
    BENCH_CHECK(T(map_count)(side->map) == count);
    return ns;
}

static inline double T(set_ask)(struct side *side)
{
    uint32_t found = 0;
    double start = bench_now();
    FOR_ALL_ASKED (i)
        found += T(set_has)(side->map, side->there[i].object);
    double ns = bench_now() - start;
    BENCH_CHECK(found == ASKED);
    return ns;
}

static inline double T(set_walk)(struct side *side)
{
    uintptr_t expected = 0;
    uint32_t seen = 0;
    for (uint32_t i = 0; i < count; i++)
        expected += (uintptr_t)side->objects[i];
    double start = bench_now();
    uintptr_t sum = T(set_each)(side->map, &seen);
    double ns = bench_now() - start;
    BENCH_CHECK(seen == count && sum == expected);
    return ns;
}

static inline double T(set_reorder)(struct side *side)
{
    side->is_second = true;
    return T(set_make)(side);
}

#undef BY_KIND
#undef LOOP
