// SPDX-License-Identifier: MIT
//
// Depth without recursion: chains and combs of millions die on a stack of
// 64 kB, through rows, arrays, values, lists, custom clear, and finalizers that
// own the next.
#include "node.h"
#include "depth.h"

// A chain of 10 million objects goes.
static bool chain_dies(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    struct node *chain = NULL;
    size_t count = MANY(10000000, 300000);
    for (size_t i = 0; i < count; i++) {
        struct node *node = plain_new(heap);
        weft_set_steal(&node->left, weft_take(&chain));
        chain = node;
    }
    bool all = object_count(heap) == count;
    weft_release(chain);
    return all && object_count(heap) == 0 && weft_heap_close(heap) == 0;
}

// A comb: every object of a chain holds a leaf as well, before or after.
static bool comb_dies(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    struct node *chain = NULL;
    size_t count = MANY(5000000, 150000);
    for (size_t i = 0; i < count; i++) {
        struct node *node = plain_new(heap);
        bool first = i % 2 == 0;
        weft_set_steal(first ? &node->left : &node->right, weft_take(&chain));
        weft_set_steal(first ? &node->right : &node->left, plain_new(heap));
        chain = node;
    }
    weft_release(chain);
    return object_count(heap) == 0 && weft_heap_close(heap) == 0;
}

static void deep_chain(void) { CHECK_TRUE(runs_on_small_stack(chain_dies)); }
static void deep_comb(void) { CHECK_TRUE(runs_on_small_stack(comb_dies)); }

struct link {
    struct link *next;          // strong, by row, value, array or no row
    weft_value value;           // owned
    struct link **items;        // owned
    size_t count;               // of items
    weft_weak below;            // the next one's handle
};

static size_t finalized;
static size_t disposed;
static size_t wrong;

static void count_dispose(void *self)
{
    (void)self;
    disposed++;
}

static void count_finalize(void *self)
{
    struct link *link = self;
    weft_weak own = weft_weak_of(link);
    struct link *found = weft_weak_get(own);
    wrong += found != link;
    weft_release(found);
    finalized++;
}

static void release_next(void *self)
{
    struct link *link = self;
    weft_clear(&link->next);
}

static void finalize_and_release_next(void *self)
{
    struct link *link = self;
    count_finalize(link);
    weft_clear(&link->next);
}

static void free_items(void *self)
{
    struct link *link = self;
    free(link->items);
    disposed++;
}

static weft_type row_type = {
    .name = "row", WEFT_SIZE(struct link), .finalize = count_finalize,
    .dispose = count_dispose,
    .fields = WEFT_FIELDS(WEFT_STRONG(struct link, next)) };

static weft_type value_type = {
    .name = "value", WEFT_SIZE(struct link), .dispose = count_dispose,
    .fields = WEFT_FIELDS(WEFT_VALUE(struct link, value)) };

static weft_type array_type = {
    .name = "array", WEFT_SIZE(struct link), .dispose = free_items,
    .fields = WEFT_FIELDS(WEFT_ARRAY(struct link, items, count)) };

static weft_type clear_type = {
    .name = "clear", WEFT_SIZE(struct link), .finalize = count_finalize,
    .dispose = count_dispose, .clear = release_next };

static weft_type finalize_type = {
    .name = "finalize", WEFT_SIZE(struct link),
    .finalize = finalize_and_release_next, .dispose = count_dispose,
    .fields = WEFT_FIELDS(WEFT_STRONG(struct link, next)) };

static struct link *link_new(weft_heap *heap, weft_type *type,
    struct link *next)
{
    struct link *link = weft_new(heap, type);
    link->below = weft_weak_of(next);
    if (type == &value_type) {
        link->value = weft_object(next);
    } else if (type == &array_type) {
        link->items = calloc(2, sizeof(struct link *));
        link->count = 2;
        link->items[link->below.bits % 2] = next;
    } else {
        link->next = next;
    }
    return link;
}

// Makes a chain of objects of this type, releases it, and looks whether each
// was finalized (if the type does) and disposed of once, with handles in order.
static bool links_die(weft_type *type, size_t count)
{
    weft_heap *heap = weft_heap_open(NULL);
    struct link *chain = NULL;
    finalized = disposed = wrong = 0;
    for (size_t i = 0; i < count; i++)
        chain = link_new(heap, type, chain);
    weft_weak below = chain->below;
    weft_release(chain);
    return disposed == count && wrong == 0
        && finalized == (type->finalize != NULL ? count : 0)
        && weft_weak_is_dead(below) && weft_heap_verify(heap)
        && weft_heap_close(heap) == 0;
}

static bool rows_die(void) { return links_die(&row_type, 200000); }
static bool values_die(void) { return links_die(&value_type, 200000); }
static bool arrays_die(void) { return links_die(&array_type, 200000); }
static bool clears_die(void) { return links_die(&clear_type, 200000); }
static bool finalizers_die(void) { return links_die(&finalize_type, 200000); }

static void deep_rows(void) { CHECK_TRUE(runs_on_small_stack(rows_die)); }
static void deep_values(void) { CHECK_TRUE(runs_on_small_stack(values_die)); }
static void deep_arrays(void) { CHECK_TRUE(runs_on_small_stack(arrays_die)); }
static void deep_clear(void) { CHECK_TRUE(runs_on_small_stack(clears_die)); }
static void deep_finalizers(void)
{
    CHECK_TRUE(runs_on_small_stack(finalizers_die));
}

// A mix of all of them.
static bool mix_dies(void)
{
    weft_type *types[] = { &row_type, &value_type, &array_type, &clear_type,
        &finalize_type };
    weft_heap *heap = weft_heap_open(NULL);
    struct link *chain = NULL;
    finalized = disposed = wrong = 0;
    enum { COUNT = 200000 };
    for (size_t i = 0; i < COUNT; i++)
        chain = link_new(heap, types[i * i / 7 % 5], chain);
    weft_release(chain);
    return disposed == COUNT && wrong == 0 && weft_heap_verify(heap)
        && weft_heap_close(heap) == 0;
}

static void deep_mix(void) { CHECK_TRUE(runs_on_small_stack(mix_dies)); }

// A list in a list in a list.
static bool lists_die(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    weft_list *list = weft_list_new(heap);
    bool good = true;
    for (size_t i = 0; i < MANY(1000000, 100000); i++) {
        weft_list *outer = weft_list_new(heap);
        good = good && weft_list_append(outer, weft_object(list)) == WEFT_OK;
        weft_release(list);
        list = outer;
    }
    weft_release(list);
    return good && object_count(heap) == 0 && weft_heap_close(heap) == 0;
}

static void deep_lists(void) { CHECK_TRUE(runs_on_small_stack(lists_die)); }

static void let_next_go(weft_ref *ref, void *context)
{
    struct link *link = context;
    (void)ref;
    finalized++;
    weft_clear(&link->next);
}

// Every callback lets go of the next object.
static bool callbacks_die(void)
{
    enum { COUNT = 50000 };
    weft_heap *heap = weft_heap_open(NULL);
    weft_ref **refs = malloc(COUNT * sizeof(*refs));
    struct link *owners = calloc(COUNT + 1, sizeof(*owners));
    struct link *next = NULL;
    finalized = 0;
    for (size_t i = 0; i < COUNT; i++) {
        struct link *link = weft_new(heap, &value_type);
        owners[i].next = next;
        refs[i] = weft_ref_new(link, let_next_go, &owners[i]);
        next = link;
    }
    weft_release(next);
    bool good = finalized == COUNT;
    for (size_t i = 0; i < COUNT; i++)
        weft_release(refs[i]);
    free(refs);
    free(owners);
    return good && weft_heap_close(heap) == 0;
}

static void deep_callbacks(void)
{
    CHECK_TRUE(runs_on_small_stack(callbacks_die));
}

static size_t made_in_death;

static void make_another(void *self)
{
    if (++made_in_death < 100000) {
        struct link *link = weft_new(weft_heap_of(self), weft_type_of(self));
        weft_release(link);
    }
}

static weft_type phoenix_type = {
    .name = "phoenix", WEFT_SIZE(struct link), .finalize = make_another };

// Every finalizer makes and releases an object with the same finalizer.
static bool phoenixes_die(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    made_in_death = 0;
    weft_release(weft_new(heap, &phoenix_type));
    return made_in_death == 100000 && object_count(heap) == 0
        && weft_heap_close(heap) == 0;
}

static void deep_phoenixes(void)
{
    CHECK_TRUE(runs_on_small_stack(phoenixes_die));
}

static struct node *bottom;
static weft_weak bottom_handle;
static struct node *taken_back;
static bool takes_back;
static int rungs;

// A finalizer that makes and releases the next rung, until it is far down;
// there the bottom is released, and perhaps taken back through its handle.
static void go_down(struct node *self)
{
    if (rungs-- > 0) {
        weft_auto(struct node) next = loud_new(weft_heap_of(self), "l");
        next->act = go_down;
        return;
    }
    weft_clear(&bottom);
    struct node *found = weft_weak_get(bottom_handle);
    if (takes_back)
        weft_set(&taken_back, found);
    weft_release(found);
}

static void climb_down(weft_heap *heap, int depth, bool take_back)
{
    bottom = loud_new(heap, "bottom");
    bottom_handle = weft_weak_of(bottom);
    takes_back = take_back;
    rungs = depth;
    struct node *top = loud_new(heap, "l");
    top->act = go_down;
    weft_release(top);
    forget_trace();
}

// However far down it was released, when all is done it is gone.
static void what_waits_goes_in_the_end(weft_heap *heap)
{
    for (int depth = 0; depth < 60; depth++) {
        climb_down(heap, depth, false);
        CHECK_TRUE(weft_weak_is_dead(bottom_handle));
        CHECK_EQ(object_count(heap), 0);
    }
}

// Far down a release may have to wait. What waits is whole, and who gets it
// through a handle meanwhile has it.
static void what_waits_may_be_taken_back(weft_heap *heap)
{
    bool waited = false;
    for (int depth = 0; depth < 60; depth++) {
        climb_down(heap, depth, true);
        if (taken_back == NULL)
            continue;
        waited = true;
        CHECK_EQ(weft_refcount(taken_back), 1);
        CHECK_STR(taken_back->name, "bottom");
        weft_clear(&taken_back);
        CHECK_TRACE("~bottom bottom.");
        CHECK_EQ(object_count(heap), 0);
    }
    CHECK_TRUE(waited);
}

// Dying takes no memory: with every request failing a chain still goes.
static void takes_no_memory(weft_heap *heap)
{
    struct link *chain = NULL;
    finalized = disposed = wrong = 0;
    weft_gc_disable(heap);          // it would ask, and do without
    for (size_t i = 0; i < 20000; i++)
        chain = link_new(heap, i % 2 == 0 ? &finalize_type : &clear_type,
            chain);
    (void)weft_debug_fail_at(heap, 1);
    weft_release(chain);
    CHECK_EQ(weft_debug_fail_at(heap, 0), 1);
    CHECK_EQ(disposed, 20000);
}

TESTS(RUN_ALONE(deep_chain), RUN_ALONE(deep_comb), RUN_ALONE(deep_rows),
    RUN_ALONE(deep_values), RUN_ALONE(deep_arrays), RUN_ALONE(deep_clear),
    RUN_ALONE(deep_finalizers), RUN_ALONE(deep_mix), RUN_ALONE(deep_lists),
    RUN_ALONE(deep_callbacks), RUN_ALONE(deep_phoenixes),
    RUN(what_waits_goes_in_the_end),
    RUN(what_waits_may_be_taken_back),
    RUN_CALM(takes_no_memory, "counts requests for memory"))
