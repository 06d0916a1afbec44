// SPDX-License-Identifier: MIT
//
// GLib in the workloads of weak.h, as GLib's programs do it: a GHashTable, and
// g_object_weak_ref() to take an entry out. A table owns copies of texts.
#include <glib-object.h>

#include "weak.h"

#define PEER "glib"
#define HAS_LIMIT 0
#define HAS_VARIANTS 0

typedef struct node {
    GObject base;               // GLib's
    struct node *left;          // held
    struct node *right;         // held
} node;
typedef struct {
    GObjectClass base;          // GLib's
} nodeClass;
G_DEFINE_TYPE(node, node, G_TYPE_OBJECT)

static GHashTable *table;       // the only one there is
static bool is_set;             // it is one

static void node_finalize(GObject *object)
{
    node *self = (node *)object;
    g_clear_object(&self->left);
    g_clear_object(&self->right);
    G_OBJECT_CLASS(node_parent_class)->finalize(object);
}

static void node_class_init(nodeClass *class)
{
    G_OBJECT_CLASS(class)->finalize = node_finalize;
}

static void node_init(node *self)
{
    (void)self;
}

static void open_heap(enum compare compare)
{
    (void)compare;
}

static void close_heap(void)
{
}

static double heap_bytes(void)
{
    return 0;
}

static void *own_node_new(void)
{
    return g_object_new(node_get_type(), NULL);
}

static void own_drop(void *object)
{
    g_object_unref(object);
}

static void *own_twin(void *object)
{
    return g_object_ref(object);
}

static union key own_key_new(enum kind kind, uint32_t i)
{
    union key key = { .number = number_of(i) };
    if (kind == KIND_TEXT)
        key.text = text_new(i);
    else if (kind == KIND_OBJECT)
        key.object = own_node_new();
    return key;
}

static void own_key_drop(enum kind kind, union key key)
{
    if (kind == KIND_OBJECT)
        own_drop(key.object);
}

static union key own_probe(enum kind kind, uint32_t i, union key key)
{
    if (kind != KIND_OBJECT)
        return own_key_new(kind, i);
    g_object_ref(key.object);
    return key;
}

static gpointer own_pointer(enum kind kind, union key key)
{
    return kind == KIND_INT ? GSIZE_TO_POINTER(key.number)
        : kind == KIND_TEXT ? (gpointer)(uintptr_t)key.text : key.object;
}

// What hashes its keys is known when the first comes.
static void *own_map_new(enum what what)
{
    table = what == MAP_VALUE ? NULL : g_hash_table_new(NULL, NULL);
    is_set = what == MAP_SET;
    return &table;
}

static void forget_value(gpointer key, GObject *dead)
{
    (void)dead;
    g_hash_table_remove(table, key);
}

static void forget_key(gpointer data, GObject *dead)
{
    (void)data;
    g_hash_table_remove(table, dead);
}

static void own_map_free(void *map)
{
    GHashTableIter each;
    gpointer object;
    (void)map;
    g_hash_table_iter_init(&each, table);
    while (is_set && g_hash_table_iter_next(&each, &object, NULL))
        g_object_weak_unref(object, forget_key, NULL);
    g_hash_table_destroy(table);
    table = NULL;
}

static size_t own_map_count(void *map)
{
    (void)map;
    return g_hash_table_size(table);
}

static void own_open_table(enum kind kind)
{
    table = kind == KIND_TEXT ? g_hash_table_new_full(g_str_hash, g_str_equal,
        g_free, NULL) : g_hash_table_new(NULL, NULL);
}

static void own_put(void *map, enum kind kind, union key key, void *object)
{
    gpointer pointer = own_pointer(kind, key);
    (void)map;
    if (table == NULL)
        own_open_table(kind);
    if (kind == KIND_TEXT)
        pointer = g_strdup(pointer);
    g_hash_table_insert(table, pointer, object);
    g_object_weak_ref(object, forget_value, pointer);
}

static void *own_get(void *map, enum kind kind, union key key)
{
    void *object = g_hash_table_lookup(table, own_pointer(kind, key));
    (void)map;
    return object == NULL ? NULL : g_object_ref(object);
}

static void own_key_put(void *map, void *object, uintptr_t number)
{
    (void)map;
    g_hash_table_insert(table, object, GSIZE_TO_POINTER(number));
    g_object_weak_ref(object, forget_key, NULL);
}

static uintptr_t own_key_get(void *map, void *object)
{
    (void)map;
    return (uintptr_t)g_hash_table_lookup(table, object);
}

static void own_set_add(void *map, void *object)
{
    (void)map;
    g_hash_table_add(table, object);
    g_object_weak_ref(object, forget_key, NULL);
}

static bool own_set_has(void *map, void *object)
{
    (void)map;
    return g_hash_table_contains(table, object);
}

static uintptr_t own_set_each(void *map, uint32_t *seen)
{
    GHashTableIter each;
    gpointer object;
    uintptr_t sum = 0;
    (void)map;
    g_hash_table_iter_init(&each, table);
    while (g_hash_table_iter_next(&each, &object, NULL)) {
        g_object_ref(object);
        sum += (uintptr_t)object;
        (*seen)++;
        g_object_unref(object);
    }
    return sum;
}

#include "main.h"

int main(int argument_count, char **arguments)
{
    run_all(argument_count, arguments);
    return 0;
}
