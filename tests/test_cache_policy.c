// SPDX-License-Identifier: MIT
//
// Who stays in a cache: S3-FIFO step by step, and hit for hit against a model
// that is made of plain lists. What the model says of every key after every
// operation must be so, and what it says of all of them together.
#include "cached.h"

// ---------------------------------------------------------------------------
// Step by step

static void put_items(weft_cache *cache, int from, int to)
{
    for (int i = from; i < to; i++)
        put_item(cache, i, 1);
}

static size_t kept_of(const weft_cache *cache)
{
    return weft_cache_get_stats(cache).kept;
}

// What is asked for once, or not at all, leaves first come first served.
static void one_use_is_not_enough(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 10);
    put_items(cache, 0, 10);
    use(cache, 0, 1);
    put_items(cache, 10, 11);
    CHECK_FALSE(has(cache, 0));
    CHECK_EQ(kept_of(cache), 10);
}

// What is asked for twice in small goes to main, and stays.
static void two_uses_are_enough(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 10);
    put_items(cache, 0, 10);
    use(cache, 0, 2);
    put_items(cache, 10, 1000);
    CHECK_TRUE(has(cache, 0));
    CHECK_EQ(kept_of(cache), 10);
    CHECK_EQ(weft_cache_get_stats(cache).evicted, 990);
}

// What comes back soon after it left goes to main at once, and stays.
static void ghosts_go_to_main(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 10);
    put_items(cache, 0, 12);
    CHECK_FALSE(has(cache, 0));
    CHECK_FALSE(has(cache, 1));
    put_items(cache, 1, 2);
    put_items(cache, 12, 1000);
    CHECK_TRUE(has(cache, 1));
    CHECK_FALSE(has(cache, 0));
}

// There are nine ghosts in a cache of ten: who left before these is forgotten.
static void old_ghosts_are_forgotten(weft_heap *heap)
{
    for (int late = 9; late <= 10; late++) {
        weft_auto(weft_cache) cache = cache_of(heap, 10);
        put_items(cache, 0, 10 + late);     // so many have left
        put_item(cache, 0, 1);              // and one more for this
        put_items(cache, 100, 1000);
        CHECK_EQ(has(cache, 0), late < 9);
        put_items(cache, 1000, 1010 + late - 1);
        put_item(cache, 1000, 1);
        put_items(cache, 2000, 3000);
        CHECK_EQ(has(cache, 1000), late <= 9);
    }
}

// How many have to go through main until the oldest there leaves it, if that
// was asked for so often.
static int rounds_with(weft_heap *heap, int uses)
{
    weft_auto(weft_cache) cache = cache_of(heap, 10);
    put_items(cache, 0, 10);
    for (int i = 0; i < 9; i++)
        use(cache, i, 2);
    put_item(cache, 10, 1);                 // 0 to 8 are in main from now on
    use(cache, 0, uses);
    struct item *item = weft_cache_get(cache, weft_int(0));
    weft_weak weak = weft_weak_of(item);
    weft_release(item);
    int rounds = 0;
    for (; !weft_weak_is_dead(weak); rounds++) {
        put_items(cache, 100 + 2 * rounds, 102 + 2 * rounds);
        put_items(cache, 100 + 2 * rounds, 101 + 2 * rounds);
    }
    return rounds;
}

// In main each use is one more time round, and three count.
static void three_uses_count_in_main(weft_heap *heap)
{
    int rounds[5];
    for (int i = 0; i < 5; i++)
        rounds[i] = rounds_with(heap, i);
    CHECK_EQ(rounds[1] - rounds[0], 9);     // there are nine in main
    CHECK_EQ(rounds[2] - rounds[1], 9);
    CHECK_EQ(rounds[3], rounds[2]);         // one use was for the handle
    CHECK_EQ(rounds[4], rounds[2]);
}

// A scan of what is used once leaves main alone.
static void scans_pass_by(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 100);
    put_items(cache, 0, 100);
    for (int i = 0; i < 90; i++)
        use(cache, i, 2);
    put_items(cache, 1000, 20000);
    for (int i = 0; i < 90; i++)
        CHECK_TRUE(has(cache, i));
}

// What is large may push out everything, and fits exactly.
static void the_large_make_room(weft_heap *heap)
{
    weft_auto(weft_cache) cache = item_cache(heap, 100);
    for (int i = 0; i < 100; i++) {
        put_item(cache, i, 1);
        use(cache, i, i % 4);
    }
    put_item(cache, 200, 60);
    CHECK_KEPT(cache, 41, 100);
    put_item(cache, 201, 100);
    CHECK_KEPT(cache, 1, 100);
    put_item(cache, 202, 101);
    CHECK_KEPT(cache, 1, 100);
    put_item(cache, 203, 1);
    CHECK_KEPT(cache, 1, 1);
    CHECK_EQ(weft_cache_get_stats(cache).watched, 1);
}

// The largest costs are no trouble.
static void costs_may_be_huge(weft_heap *heap)
{
    weft_auto(weft_cache) cache = item_cache(heap, SIZE_MAX);
    put_item(cache, 1, SIZE_MAX);
    CHECK_KEPT(cache, 1, SIZE_MAX);
    put_item(cache, 2, SIZE_MAX - 1);
    CHECK_KEPT(cache, 1, SIZE_MAX - 1);
    put_item(cache, 3, 1);
    CHECK_KEPT(cache, 2, SIZE_MAX);
    put_item(cache, 4, 1);
    CHECK_KEPT(cache, 2, 2);
}

// What is put last is there, whatever it cost before, and wherever it was.
static void the_last_put_is_there(weft_heap *heap)
{
    weft_auto(weft_cache) cache = item_cache(heap, 10);
    for (int round = 0; round < 300; round++) {
        int key = round * 7 % 13;
        put_item(cache, key, (size_t)(round * 5 % 11));
        CHECK_TRUE(has(cache, key));
        CHECK_TRUE(weft_cache_get_stats(cache).bytes <= 10);
    }
}

// ---------------------------------------------------------------------------
// Against a model

enum { KEYS = 48 };
enum { NOWHERE_AT_ALL, IN_SMALL, IN_MAIN, WATCHED };

struct model_key {
    int state;                  // where it is
    int uses;                   // as S3-FIFO counts them
    size_t cost;                // of its object
    struct item *held;          // its object, if somebody else holds it: so
};                              // it is found also when it was let go of

struct model_list {
    int keys[KEYS];             // oldest first
    int count;
};

struct model {
    struct model_key keys[KEYS];
    struct model_list small, main, ghosts;
    size_t budget;
    size_t hits, misses, evicted;
};

static void append(struct model_list *list, int key)
{
    list->keys[list->count++] = key;
}

static bool take(struct model_list *list, int key)
{
    int at = 0;
    while (at < list->count && list->keys[at] != key)
        at++;
    if (at == list->count)
        return false;
    list->count--;
    memmove(list->keys + at, list->keys + at + 1,
        (size_t)(list->count - at) * sizeof(int));
    return true;
}

static int take_oldest(struct model_list *list)
{
    int key = list->keys[0];
    (void)take(list, key);
    return key;
}

static size_t cost_in(const struct model *model, const struct model_list *list)
{
    size_t cost = 0;
    for (int i = 0; i < list->count; i++)
        cost += model->keys[list->keys[i]].cost;
    return cost;
}

static size_t cost_of_all(const struct model *model)
{
    return cost_in(model, &model->small) + cost_in(model, &model->main);
}

static void let_go(struct model *model, int key)
{
    model->keys[key].state = model->keys[key].held != NULL ? WATCHED
        : NOWHERE_AT_ALL;
    model->evicted++;
}

static void model_evict_small(struct model *model)
{
    int most = (model->small.count + model->main.count) * 9 / 10;
    while (model->small.count > 0) {
        int key = take_oldest(&model->small);
        if (model->keys[key].uses >= 2) {
            model->keys[key].state = IN_MAIN;
            model->keys[key].uses = 0;
            append(&model->main, key);
            continue;
        }
        let_go(model, key);
        while (model->ghosts.count > 0 && model->ghosts.count >= most)
            (void)take_oldest(&model->ghosts);
        if (most > 0)
            append(&model->ghosts, key);
        return;
    }
}

static void model_evict_main(struct model *model)
{
    while (model->main.count > 0) {
        int key = take_oldest(&model->main);
        if (model->keys[key].uses == 0) {
            let_go(model, key);
            return;
        }
        model->keys[key].uses--;
        append(&model->main, key);
    }
}

static void model_evict(struct model *model)
{
    if (model->main.count == 0 || (model->small.count > 0
            && cost_in(model, &model->small) * 10 >= model->budget))
        model_evict_small(model);
    else
        model_evict_main(model);
}

// Where it is now, it is taken out of; then it is put where it belongs.
static void model_admit(struct model *model, int key, int state)
{
    struct model_key *it = &model->keys[key];
    int uses = it->state == IN_SMALL || it->state == IN_MAIN ? it->uses + 1 : 0;
    if (it->state == IN_SMALL || it->state == IN_MAIN)
        state = it->state;
    (void)take(&model->small, key);
    (void)take(&model->main, key);
    it->uses = 0;
    it->state = WATCHED;
    if (model->budget == 0 || it->cost > model->budget) {
        if (it->held == NULL)
            it->state = NOWHERE_AT_ALL;
        return;
    }
    while (cost_of_all(model) + it->cost > model->budget)
        model_evict(model);
    bool came_back = take(&model->ghosts, key);
    if (state == NOWHERE_AT_ALL)
        state = came_back ? IN_MAIN : IN_SMALL;
    it->state = state;
    it->uses = uses > 3 ? 3 : uses;
    append(state == IN_MAIN ? &model->main : &model->small, key);
}

// ---- operations, on both

struct both {
    struct model model;
    weft_cache *cache;
};

static void both_get(struct both *both, int key)
{
    struct model_key *it = &both->model.keys[key];
    bool expected = it->state != NOWHERE_AT_ALL;
    CHECK_EQ(has(both->cache, key), expected);
    both->model.hits += expected;
    both->model.misses += !expected;
    if (it->state == WATCHED)
        model_admit(&both->model, key, IN_MAIN);
    else if (expected && it->uses < 3)
        it->uses++;
}

static void both_put(struct both *both, int key, size_t cost, bool hold)
{
    struct model_key *it = &both->model.keys[key];
    struct item *item = item_new(weft_heap_of(both->cache), key, cost);
    CHECK_EQ(weft_cache_put(both->cache, weft_int(key), item), WEFT_OK);
    weft_release(it->held);
    it->held = hold ? item : NULL;
    if (!hold)
        weft_release(item);
    it->cost = cost;
    model_admit(&both->model, key, NOWHERE_AT_ALL);
}

static void both_remove(struct both *both, int key)
{
    struct model_key *it = &both->model.keys[key];
    CHECK_EQ(weft_cache_remove(both->cache, weft_int(key)),
        it->state != NOWHERE_AT_ALL);
    (void)take(&both->model.small, key);
    (void)take(&both->model.main, key);
    it->state = NOWHERE_AT_ALL;
}

static void both_unhold(struct both *both, int key)
{
    struct model_key *it = &both->model.keys[key];
    if (it->held != NULL && it->state == WATCHED)
        it->state = NOWHERE_AT_ALL;
    weft_clear(&it->held);
}

static void both_trim(struct both *both, size_t budget)
{
    struct model *model = &both->model;
    weft_cache_trim(both->cache, budget);
    while (cost_of_all(model) > budget || (budget == 0
            && model->small.count + model->main.count > 0))
        model_evict(model);
}

static void both_clear(struct both *both)
{
    struct model *model = &both->model;
    weft_cache_clear(both->cache);
    model->small.count = model->main.count = model->ghosts.count = 0;
    for (int i = 0; i < KEYS; i++)
        model->keys[i].state = NOWHERE_AT_ALL;
}

static void check_both(const struct both *both)
{
    weft_cache_stats stats = weft_cache_get_stats(both->cache);
    const struct model *model = &both->model;
    size_t there = 0;
    for (int i = 0; i < KEYS; i++) {
        const struct model_key *it = &model->keys[i];
        bool kept = it->state == IN_SMALL || it->state == IN_MAIN;
        there += it->state != NOWHERE_AT_ALL;
        if (it->held != NULL)
            CHECK_EQ(weft_refcount(it->held), kept ? 2 : 1);
    }
    CHECK_EQ(stats.watched, there);
    CHECK_EQ(stats.kept, model->small.count + model->main.count);
    CHECK_EQ(stats.bytes, cost_of_all(model));
    CHECK_EQ(stats.hits, model->hits);
    CHECK_EQ(stats.misses, model->misses);
    CHECK_EQ(stats.evicted, model->evicted);
}

static uint32_t dice(uint64_t *state, uint32_t sides)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % sides;
}

// Some keys are wanted more than others.
static int some_key(uint64_t *state)
{
    uint32_t keys = dice(state, 3) > 0 ? KEYS / 4 : KEYS;
    return (int)dice(state, keys);
}

static void act(struct both *both, uint64_t *state, uint32_t costs)
{
    int key = some_key(state);
    uint32_t what = dice(state, 200);
    if (what < 90)
        both_get(both, key);
    else if (what < 180)
        both_put(both, key, costs == 0 ? 1 : dice(state, costs),
            dice(state, 4) == 0);
    else if (what < 187)
        both_remove(both, key);
    else if (what < 197)
        both_unhold(both, key);
    else if (what < 199)
        both_trim(both, dice(state, (uint32_t)both->model.budget + 2));
    else if (dice(state, 5) == 0)
        both_clear(both);
}

static void random_operations(weft_heap *heap, uint64_t seed, size_t budget,
    uint32_t costs)
{
    struct both both = { .model.budget = budget,
        .cache = item_cache(heap, budget) };
    uint64_t state = seed;
    for (int i = 0; i < 3000; i++) {
        act(&both, &state, costs);
        check_both(&both);
    }
    weft_release(both.cache);
    for (int i = 0; i < KEYS; i++)
        weft_release(both.model.keys[i].held);
}

// Whatever is done, the cache is as the model has it.
static void is_as_the_model_has_it(weft_heap *heap)
{
    static const size_t budgets[] = { 1, 2, 5, 10, 11, 20, 30, 47, 60 };
    for (size_t i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++)
        random_operations(heap, 1000 + i, budgets[i], 0);
}

// Also where costs differ, and some cost nothing, or too much.
static void costs_are_as_the_model_has_them(weft_heap *heap)
{
    static const size_t budgets[] = { 0, 1, 9, 20, 40, 100 };
    for (size_t i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++)
        random_operations(heap, 2000 + i, budgets[i], 16);
}

// Many keys, so that tables and rings grow and come round: as the model again,
// which for this needs only to count.
static void many_keys_come_and_go(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 1000);
    uint64_t state = 5;
    size_t hits = 0, puts = 0;
    for (int i = 0; i < 60000; i++) {
        int key = (int)(dice(&state, 1000) * dice(&state, 1000) / 200);
        if (has(cache, key)) {
            hits++;
            continue;
        }
        put_item(cache, key, 1);
        puts++;
        CHECK_TRUE(kept_of(cache) <= 1000);
    }
    weft_cache_stats stats = weft_cache_get_stats(cache);
    CHECK_EQ(stats.hits, hits);
    CHECK_EQ(stats.misses, puts);
    CHECK_EQ(stats.evicted, puts - 1000);
    CHECK_KEPT(cache, 1000, 1000);
    CHECK_TRUE(hits > 20000);
}

TESTS(
    RUN(one_use_is_not_enough),
    RUN(two_uses_are_enough),
    RUN(ghosts_go_to_main),
    RUN(old_ghosts_are_forgotten),
    RUN(three_uses_count_in_main),
    RUN(scans_pass_by),
    RUN(the_large_make_room),
    RUN(costs_may_be_huge),
    RUN(the_last_put_is_there),
    RUN(is_as_the_model_has_it),
    RUN(costs_are_as_the_model_has_them),
    RUN(many_keys_come_and_go),
)
