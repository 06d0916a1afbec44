// SPDX-License-Identifier: MIT
//
// What only a checked build notices: every pointer is looked at, every store.
#include "node.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct typed {
    struct node *plain;         // strong, of the plain type
    struct node *any;           // strong
    struct node *none;          // no row names it
    int64_t number;             // plain
};

static weft_type typed_type = {
    .name = "typed", WEFT_SIZE(struct typed),
    .fields = WEFT_FIELDS(WEFT_STRONG_OF(struct typed, plain, &plain_type),
        WEFT_STRONG(struct typed, any), WEFT_INT(struct typed, number)) };

static void typed_clear(void *self)
{
    struct typed *typed = self;
    weft_clear(&typed->none);
}

static weft_type clearing_type = {
    .name = "clearing", WEFT_SIZE(struct typed), .clear = typed_clear,
    .fields = WEFT_FIELDS(WEFT_STRONG(struct typed, any)) };

// A store inside an object must go to a row that holds.
static void store_where_no_row_is(weft_heap *heap)
{
    weft_auto(struct typed) typed = weft_new(heap, &typed_type);
    weft_auto(struct node) node = plain_new(heap);
    weft_set(&typed->none, node);
    CHECK_REPORT(WEFT_MISUSE, "typed");
    CHECK_NULL(typed->none);
    weft_set_steal(&typed->none, node);
    CHECK_REPORT(WEFT_MISUSE, "weft_set_steal");
    CHECK_NULL(typed->none);
    weft_set_slot(&typed->number, node);
    CHECK_REPORT(WEFT_MISUSE, "typed");
    CHECK_EQ(typed->number, 0);
    CHECK_EQ(weft_refcount(node), 1);
}

// What a clear of the type's own empties needs no row.
static void store_where_clear_knows(weft_heap *heap)
{
    weft_auto(struct typed) typed = weft_new(heap, &clearing_type);
    weft_set_steal(&typed->none, loud_new(heap, "a"));
    weft_set_steal(&typed->any, loud_new(heap, "b"));
    CHECK_STR(typed->none->name, "a");
    weft_clear(&typed);
    CHECK_TRACE("~b b. ~a a.");
}

// Variables and plain memory may hold anything.
static void store_anywhere_else(weft_heap *heap)
{
    struct node *variable = NULL;
    struct node **memory = calloc(3, sizeof(struct node *));
    weft_set_steal(&variable, plain_new(heap));
    weft_set(&memory[1], variable);
    CHECK_EQ(weft_refcount(variable), 2);
    weft_clear(&variable);
    weft_clear(&memory[1]);
    free(memory);
}

// A row that says of which type takes no other.
static void store_of_another_type(weft_heap *heap)
{
    weft_auto(struct typed) typed = weft_new(heap, &typed_type);
    weft_auto(struct node) loud = loud_new(heap, "a");
    weft_set(&typed->plain, loud);
    CHECK_REPORT(WEFT_MISUSE, "typed");
    CHECK_NULL(typed->plain);
    weft_set(&typed->any, loud);
    CHECK_SAME(typed->any, loud);
    weft_set_steal(&typed->plain, plain_new(heap));
    CHECK_TRUE(typed->plain != NULL);
    weft_clear(&loud);
    weft_clear(&typed->any);
    forget_trace();
}

// An object cannot hold one of another heap.
static void store_of_another_heap(weft_heap *heap)
{
    weft_heap *other = open_test_heap();
    weft_auto(struct typed) typed = weft_new(heap, &typed_type);
    weft_auto(struct node) foreign = plain_new(other);
    weft_set(&typed->any, foreign);
    CHECK_REPORT(WEFT_MISUSE, "heap");
    CHECK_NULL(typed->any);
    CHECK_EQ(weft_refcount(foreign), 1);
    weft_clear(&foreign);
    close_test_heap(other);
}

// A dead object's fields take nothing.
static void store_into_the_dead(weft_heap *heap)
{
    weft_auto(struct node) neighbour = plain_new(heap);
    struct node *dead = plain_new(heap);
    weft_release(dead);
    weft_set(&dead->right, neighbour);
    CHECK_REPORT(WEFT_MISUSE, "dead");
    CHECK_EQ(weft_refcount(neighbour), 1);
}

// An address inside an object is no object.
static void pointer_into_the_middle(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    CHECK_NULL(weft_retain(&node->right));
    CHECK_REPORT(WEFT_MISUSE, "weft_retain");
    weft_release((char *)node + 1);
    CHECK_REPORT(WEFT_MISUSE, "weft_release");
    CHECK_EQ(weft_refcount(node), 1);
}

// Nor is memory that never was weft's.
static void foreign_pointer(weft_heap *heap)
{
    (void)heap;
    uint64_t local[8] = { 0 };
    uint64_t *memory = calloc(8, sizeof(*memory));
    CHECK_NULL(weft_retain(&local[4]));
    CHECK_REPORT(WEFT_MISUSE, "weft_retain");
    weft_release(&memory[4]);
    CHECK_REPORT(WEFT_MISUSE, "weft_release");
    CHECK_TRUE(weft_weak_is_dead(weft_weak_of(&memory[4])));
    CHECK_REPORT(WEFT_MISUSE, "weft_weak_of");
    CHECK_EQ(weft_refcount(&memory[4]), 0);
    CHECK_REPORT(WEFT_MISUSE, "weft_refcount");
    weft_release(&typed_type);
    CHECK_REPORT(WEFT_MISUSE, "weft_release");
    free(memory);
}

// Memory of the dead is not used again at once, so that a late release meets
// nobody else.
static void dead_memory_rests(weft_heap *heap)
{
    weft_auto(struct node) neighbour = plain_new(heap);
    struct node *dead = plain_new(heap);
    weft_release(dead);
    for (int i = 0; i < 40; i++) {
        struct node *node = plain_new(heap);
        CHECK_TRUE(node != dead);
        weft_release(node);
    }
    weft_release(dead);
    CHECK_REPORT(WEFT_MISUSE, "weft_release");
    CHECK_EQ(weft_refcount(neighbour), 1);
}

static void *retain_elsewhere(void *object)
{
    return weft_retain(object);
}

// Another thread may not even count.
static void another_thread_retains(weft_heap *heap)
{
    pthread_t thread;
    void *result = heap;
    weft_auto(struct node) node = plain_new(heap);
    CHECK_EQ(pthread_create(&thread, NULL, retain_elsewhere, node), 0);
    CHECK_EQ(pthread_join(thread, &result), 0);
    CHECK_NULL(result);
    CHECK_REPORT(WEFT_MISUSE, "thread");
    CHECK_EQ(weft_refcount(node), 1);
}

// Lists and strings are looked at, too.
static void wrong_kind_of_object(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_list *list = (weft_list *)(void *)node;
    CHECK_EQ(weft_list_length(list), 0);
    CHECK_REPORT(WEFT_MISUSE, "weft_list_length");
    CHECK_EQ(weft_list_get(list, 0).kind, WEFT_KIND_NIL);
    CHECK_REPORT(WEFT_MISUSE, "weft_list_get");
    CHECK_EQ(weft_string_size((weft_string *)(void *)node), 0);
    CHECK_REPORT(WEFT_MISUSE, "weft_string_size");
}

// Questions about the dead are noticed.
static void questions_about_the_dead(weft_heap *heap)
{
    weft_auto(struct node) neighbour = plain_new(heap);
    struct node *dead = plain_new(heap);
    uint64_t hash = 1;
    weft_release(dead);
    (void)weft_hash(heap, weft_object(dead), &hash);
    CHECK_REPORT(WEFT_MISUSE, "weft_hash");
    CHECK_NULL(weft_ref_new(dead, NULL, NULL));
    CHECK_REPORT(WEFT_MISUSE, "weft_ref_new");
    CHECK_TRUE(neighbour != NULL);
}

static weft_list *dying_list;

static void write_to_dying_list(struct node *self)
{
    (void)self;
    (void)weft_list_append(dying_list, weft_int(1));
    CHECK_REPORT(WEFT_MISUSE, "weft_list_append");
}

// A dying list takes nothing more.
static void writing_to_a_dying_list(weft_heap *heap)
{
    dying_list = weft_list_new(heap);
    struct node *node = loud_new(heap, "a");
    node->act = write_to_dying_list;
    CHECK_EQ(weft_list_append(dying_list, weft_object(node)), WEFT_OK);
    CHECK_EQ(weft_list_append(dying_list, weft_object(node)), WEFT_OK);
    weft_release(node);
    weft_release(dying_list);
    CHECK_TRACE("~a a.");
    CHECK_EQ(object_count(heap), 0);
}

// Without a hook misuse ends the process.
static void without_a_hook_it_aborts(void)
{
    fflush(NULL);
    pid_t child = fork();
    CHECK_TRUE(child >= 0);
    if (child == 0) {
        struct rlimit none = { 0, 0 };
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGABRT, SIG_DFL);
        (void)!freopen("/dev/null", "w", stderr);
        weft_heap *heap = weft_heap_open(NULL);
        struct node *node = plain_new(heap);
        weft_release(node);
        weft_release(node);
        _exit(0);
    }
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void *new_elsewhere(void *heap) { return plain_new(heap); }

// Another thread makes no object either, also where a place is at hand.
static void another_thread_makes(weft_heap *heap)
{
    pthread_t thread;
    void *result = heap;
    weft_auto(struct node) node = plain_new(heap);
    CHECK_EQ(pthread_create(&thread, NULL, new_elsewhere, heap), 0);
    CHECK_EQ(pthread_join(thread, &result), 0);
    CHECK_NULL(result);
    CHECK_REPORT(WEFT_MISUSE, "thread");
    CHECK_EQ(object_count(heap), 1);
    CHECK_TRUE(node != NULL);
}

TESTS(RUN(store_where_no_row_is), RUN(store_where_clear_knows),
    RUN(store_anywhere_else), RUN(store_of_another_type),
    RUN(store_of_another_heap), RUN(store_into_the_dead),
    RUN(pointer_into_the_middle), RUN(foreign_pointer), RUN(dead_memory_rests),
    RUN(another_thread_retains), RUN(wrong_kind_of_object),
    RUN(questions_about_the_dead), RUN(writing_to_a_dying_list),
    RUN_ALONE(without_a_hook_it_aborts), RUN(another_thread_makes))
