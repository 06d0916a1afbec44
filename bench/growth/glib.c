// SPDX-License-Identifier: MIT
//
// GLib in the workloads of growth.h: GObject and GWeakRef.
#include <glib-object.h>

#include "../bench.h"

#define PEER "glib"

typedef struct node {
    GObject base;               // GLib's
    struct node *left;          // held
    struct node *right;         // held
} node;
typedef struct {
    GObjectClass base;          // GLib's
} nodeClass;
G_DEFINE_TYPE(node, node, G_TYPE_OBJECT)

typedef node *strong;
typedef GWeakRef weak;

static size_t living;           // nodes

static void node_finalize(GObject *object)
{
    node *self = (node *)object;
    g_clear_object(&self->left);
    g_clear_object(&self->right);
    living--;
    G_OBJECT_CLASS(node_parent_class)->finalize(object);
}

static void node_class_init(nodeClass *class)
{
    G_OBJECT_CLASS(class)->finalize = node_finalize;
}

static void node_init(node *self)
{
    (void)self;
    living++;
}

static inline void make(strong *place)
{
    *place = g_object_new(node_get_type(), NULL);
}

static inline void keep(strong *place, strong *other)
{
    *place = g_object_ref(*other);
}

static inline void move(strong *place, strong *other)
{
    *place = *other;
}

static inline void drop(strong *place)
{
    g_object_unref(*place);
}

static inline void watch(weak *handle, strong *place)
{
    g_weak_ref_init(handle, *place);
}

static inline void unwatch(weak *handle)
{
    g_weak_ref_clear(handle);
}

static inline bool get(weak *handle)
{
    node *got = g_weak_ref_get(handle);
    if (got == NULL)
        return false;
    g_object_unref(got);
    return true;
}

static inline size_t count_of(strong *place)
{
    return (*place)->base.ref_count;
}

static strong *strongs_new(size_t count)
{
    return bench_array(count, sizeof(strong));
}

static weak *weaks_new(size_t count)
{
    return bench_array(count, sizeof(weak));
}

static void enter(void)
{
}

static void leave(void)
{
    BENCH_CHECK(living == 0);
}

#include "growth.h"

int main(int argument_count, char **arguments)
{
    run_growth(argument_count, arguments);
    return 0;
}
