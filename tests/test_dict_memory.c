// SPDX-License-Identifier: MIT
//
// The memory of dictionaries: that it is given back, that it may run out, and
// that whatever is done in whatever order leaves what a simple model has.
#include "dicts.h"

static size_t bytes_held;

static void *counting_resize(void *memory, size_t old_size, size_t new_size,
    void *context)
{
    (void)context;
    bytes_held += new_size - old_size;
    if (new_size > 0)
        return realloc(memory, new_size);
    free(memory);
    return NULL;
}

// Memory follows the length down again: after removals, at the end of the last
// iteration, and by what is popped.
static void memory_is_given_back(void)
{
    weft_heap_options options = test_options();
    options.allocator.resize = counting_resize;
    weft_heap *heap = weft_heap_open(&options);
    weft_gc_disable(heap);
    weft_dict *dict = dict_of(heap, 1);
    size_t before = bytes_held;
    for (int round = 0; round < 3; round++) {
        weft_iterator it = weft_iterate(dict), other = weft_iterate(dict);
        weft_auto(weft_dict) copy = weft_dict_copy(dict);
        CHECK_TRUE(equal(dict, copy));      // leaves no iteration open
        CHECK_EQ(weft_dict_update(copy, dict), WEFT_OK);
        weft_clear(&copy);
        for (int i = 1; i < 10000; i++)
            put(dict, weft_int(i), weft_int(i));
        CHECK_TRUE(bytes_held > before + 200000);
        for (int i = 9999; i > 0 && round < 2; i--)
            CHECK_TRUE(weft_dict_remove(dict, weft_int(10000 - i)));
        weft_iterate_end(&it);
        CHECK_TRUE(bytes_held > before + 200000);
        weft_iterate_end(&other);
        weft_value key, value;
        while (round == 2 && weft_dict_length(dict) > 1)
            CHECK_TRUE(weft_dict_popitem(dict, &key, &value));
        CHECK_EQ(bytes_held, before);
        CHECK_EQ(at(dict, weft_int(0)), 0);
    }
    for (int i = 1; i < 100000; i++) {      // a queue takes no more and more
        put(dict, weft_int(i), weft_int(i));
        if (i > 100)
            CHECK_TRUE(weft_dict_remove(dict, weft_int(i - 100)));
        CHECK_TRUE(bytes_held < before + 20000);
    }
    weft_release(dict);
    CHECK_EQ(weft_heap_close(heap), 0);
}

static void *make_node(weft_value key, void *context)
{
    (void)key;
    return plain_new(context);
}

// Without memory a dict is as it was before.
static void may_fail(weft_heap *heap)
{
    weft_auto(weft_dict) dict = new_dict(heap);
    if (!made(dict))
        return;
    for (int i = 0; i < 40; i++) {
        weft_status status = i % 3 == 0
            ? weft_dict_put(dict, weft_int(i), weft_text("value"))
            : weft_dict_put(dict, weft_int(i), weft_int(i));
        if (!went_well(status)) {
            CHECK_EQ(weft_dict_length(dict), i);
            CHECK_FALSE(weft_dict_contains(dict, weft_int(i)));
            return;
        }
    }
    if (!went_well(weft_dict_put(dict, weft_text("key"), weft_int(1)))) {
        CHECK_EQ(weft_dict_length(dict), 40);
        CHECK_FALSE(weft_dict_contains(dict, weft_text("key")));
        return;
    }
    if (!went_well(weft_dict_put(dict, weft_text("key"), weft_text("value"))))
        CHECK_EQ(at(dict, weft_text("key")), 1);
    weft_auto_value there = weft_dict_setdefault(dict, weft_text("other"),
        weft_int(7));
    CHECK_EQ(there.kind == WEFT_KIND_INT,
        weft_dict_contains(dict, weft_text("other")));
    weft_auto(weft_dict) copy = weft_dict_copy(dict);
    if (made(copy))
        CHECK_EQ(weft_dict_length(copy), weft_dict_length(dict));
    weft_auto(struct node) node = weft_dict_get_or_create(dict,
        weft_text("made"), make_node, heap);
    CHECK_EQ(node != NULL, weft_dict_contains(dict, weft_text("made")));
    weft_status status = weft_dict_put(dict, weft_object(node),
        weft_text("value"));
    if (node != NULL && !went_well(status))
        CHECK_EQ(weft_refcount(node), 2);
}

// Removing needs no memory: where less of it cannot be had, it stays.
static void removing_needs_no_memory(weft_heap *heap)
{
    weft_auto(weft_dict) dict = dict_of(heap, 1000);
    for (int i = 0; i < 990; i++) {
        (void)weft_debug_fail_at(heap, 1);
        CHECK_TRUE(weft_dict_remove(dict, weft_int(i)));
        (void)weft_debug_fail_at(heap, 0);
    }
    CHECK_EQ(weft_dict_length(dict), 10);
    CHECK_EQ(at(dict, weft_int(995)), 9950);
    CHECK_EQ(at(dict, weft_int(5)), -1);
    weft_dict_clear(dict);
}

enum { MODEL_KEYS = 60, MODEL_SIZE = 64, MODEL_STEPS = 20000 };

struct model {                  // what a dict must be
    int keys[MODEL_SIZE];       // in order
    int values[MODEL_SIZE];
    size_t length;              // of both
};

static size_t model_find(const struct model *model, int key)
{
    size_t i = 0;
    while (i < model->length && model->keys[i] != key)
        i++;
    return i;
}

static void model_put(struct model *model, int key, int value)
{
    size_t i = model_find(model, key);
    model->keys[i] = key;
    model->values[i] = value;
    model->length += i == model->length;
}

static void model_remove(struct model *model, size_t i)
{
    model->length--;
    size_t left = model->length - i;
    memmove(model->keys + i, model->keys + i + 1, left * sizeof(int));
    memmove(model->values + i, model->values + i + 1, left * sizeof(int));
}

static uint32_t random_state;

static int random_below(int limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (int)((random_state >> 8) % (uint32_t)limit);
}

// The keys of a model in three forms: numbers, texts, and objects most of which
// collide.
static weft_value model_key(struct label **labels, int key)
{
    static const char names[] = "abcdefghijklmnopqrstuvwxyz0123456789"
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (key % 3 == 0)
        return weft_int((int64_t)key << 40);
    return key % 3 == 1 ? weft_text_sized(names + key, 1)
        : weft_object(labels[key]);
}

static void check_model(weft_dict *dict, const struct model *model,
    struct label **labels)
{
    size_t i = 0;
    weft_each (it, dict) {
        CHECK_TRUE(i < model->length);
        bool same = false;
        CHECK_EQ(weft_equal(it.key, model_key(labels, model->keys[i]), &same),
            WEFT_OK);
        CHECK_TRUE(same);
        CHECK_EQ(it.value.as.integer, model->values[i]);
        i++;
    }
    CHECK_EQ(i, model->length);
    CHECK_EQ(weft_dict_length(dict), i);
}

static void change_both(weft_dict *dict, struct model *model,
    struct label **labels, int what)
{
    int number = random_below(MODEL_KEYS), value = random_below(1000);
    weft_value key = model_key(labels, number), old_key, old;
    size_t i = model_find(model, number);
    bool there = i < model->length;
    if (what < 5) {
        put(dict, key, weft_int(value));
        model_put(model, number, value);
    } else if (what < 9) {
        old = what < 7 ? weft_dict_pop(dict, key) : weft_nil();
        CHECK_EQ(what < 7 ? old.kind == WEFT_KIND_INT
            : weft_dict_remove(dict, key), there);
        if (there)
            model_remove(model, i);
    } else if (what < 10) {
        CHECK_EQ(weft_dict_popitem(dict, &old_key, &old), model->length > 0);
        weft_value_release(old_key);
        model->length -= model->length > 0;
    } else {
        CHECK_EQ(at(dict, key), there ? model->values[i] : -1);
    }
}

// Whatever is done, in whatever order, with iterations open or not: it is what
// a simple model says.
static void does_what_a_model_does(weft_heap *heap)
{
    struct label *labels[MODEL_KEYS];
    for (int i = 0; i < MODEL_KEYS; i++)
        labels[i] = label_new(heap, i, (uint64_t)(i % 4));
    weft_dict *dict = new_dict(heap);
    struct model model = { .length = 0 };
    weft_iterator open = { .container = NULL };
    random_state = 7;
    for (int step = 0; step < MODEL_STEPS; step++) {
        int bias = step / 500 % 3 == 2 ? 5 : 0;     // now and then it shrinks
        change_both(dict, &model, labels, bias + random_below(11 - bias));
        int what = random_below(200);
        if (what == 0) {
            weft_dict_clear(dict);
            model.length = 0;
        } else if (what == 1) {
            weft_dict *copy = weft_dict_copy(dict);
            CHECK_TRUE(equal(copy, dict));
            weft_release(dict);
            dict = copy;
        } else if (what < 10) {
            weft_iterate_end(&open);
            if (what < 6)
                open = weft_iterate(dict);
        } else if (what < 60) {
            (void)weft_next(&open);
        }
        if (step % 16 == 0)
            check_model(dict, &model, labels);
    }
    weft_iterate_end(&open);
    check_model(dict, &model, labels);
    weft_release(dict);
    for (int i = 0; i < MODEL_KEYS; i++)
        weft_release(labels[i]);
}

TESTS(RUN_ALONE(memory_is_given_back), RUN_OOM(may_fail),
    RUN_CALM(removing_needs_no_memory, "counts requests for memory"),
    RUN(does_what_a_model_does))
