// SPDX-License-Identifier: MIT
//
// A picture of the heap, as DOT:
//
//     box            an object, with its kind; a bold one has been finalized
//     ellipse        a reference, proxy or weak method
//     hexagon        a finalizer; a dotted one is over
//     cylinder       a weak dictionary or set: each entry is a dashed line to
//                    what it watches, and a line to the value that it holds
//     note           an iteration
//     plain text     a variable
//     line           holds, with the name of the slot
//     dashed line    refers to, without holding
//
// Labels are given once in a program, so they are the names of nodes. No name
// has a colon in it, which tells the nodes of variables. Finalizers are drawn
// as what holds function and argument: `fz` gives programs but a handle. Atoms
// are written to the lines of their entries.
#include "trace.h"

#include <stdlib.h>
#include <string.h>

// What is found among all objects that there are.
#define DRAWN (TRACE_OBJECT | TRACE_REF | TRACE_PROXY | TRACE_METHOD)

static void print_escaped(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
}

static void print_node(const char *name, const char *kind, const char *look)
{
    fputs("    \"", stdout);
    print_escaped(name);
    fputs("\" [label=\"", stdout);
    print_escaped(name);
    printf("\\n%s\" %s];\n", kind, look);
}

// What `name` says may be NULL.
static void print_edge(const char *from, const char *to, const char *name,
    const char *look)
{
    fputs("    \"", stdout);
    print_escaped(from);
    fputs("\" -> \"", stdout);
    print_escaped(to);
    fputs("\"", stdout);
    if (name != NULL) {
        fputs(" [label=\"", stdout);
        print_escaped(name);
        printf("\"%s]", look);
    } else if (look[0] != '\0') {
        printf(" [%s]", look + 1);
    }
    puts(";");
}

// `thing` is held. A finalizer's handle is a node of its own when that is over.
static void print_holds(struct trace_world *world, const char *from,
    const void *thing, const char *name)
{
    if (thing == NULL)
        return;
    const char *to = trace_label_text(world, thing);
    print_edge(from, to, name, "");
    if ((trace_sorts(thing) & TRACE_HANDLE) == 0)
        return;
    const struct trace_handle *handle = thing;
    if (!weft_finalizer_is_alive(handle->finalizer))
        print_node(to, "finalizer, over", "shape=hexagon style=dotted");
}

// `thing` is referred to. Lets it go; it may be NULL.
static void print_refers(struct trace_world *world, const char *from,
    void *thing, const char *name)
{
    if (thing != NULL)
        print_edge(from, trace_label_text(world, thing), name,
            " style=dashed");
    weft_release(thing);
}

static void print_slots(struct trace_world *world, const char *from,
    void *thing)
{
    for (char letter = 'a'; letter <= 'd'; letter++) {
        const char name[] = { letter, '\0' };
        print_holds(world, from,
            weft_value_object(*trace_slot(thing, letter)), name);
    }
}

static const char *kind_of(const void *thing, unsigned sorts)
{
    if (sorts & TRACE_OBJECT)
        return weft_type_of(thing)->name;
    bool is_dead = weft_ref_is_dead(thing);
    if (sorts & TRACE_METHOD)
        return is_dead ? "weak method, dead" : "weak method";
    if (sorts & TRACE_PROXY)
        return is_dead ? "proxy, dead" : "proxy";
    if (sorts & TRACE_SUB)
        return is_dead ? "sub reference, dead" : "sub reference";
    return is_dead ? "reference, dead" : "reference";
}

static void print_thing(struct trace_world *world, void *thing)
{
    unsigned sorts = trace_sorts(thing);
    const char *name = trace_label_text(world, thing);
    bool is_object = (sorts & TRACE_OBJECT) != 0;
    bool is_finalized = is_object && weft_gc_is_finalized(thing);
    print_node(name, kind_of(thing, sorts), !is_object ? "shape=ellipse"
        : is_finalized ? "shape=box style=bold" : "shape=box");
    if (sorts & (TRACE_OBJECT | TRACE_SUB))
        print_slots(world, name, thing);
    if (is_object)
        return;
    print_refers(world, name, weft_ref_get(thing), NULL);
    if (sorts & TRACE_METHOD)
        print_refers(world, name, weft_weakmethod_owner(thing), "function");
    void *callback = weft_ref_kept(thing);
    print_holds(world, name, callback, "callback");
    weft_release(callback);
}

static void print_finalizer(struct trace_world *world,
    const struct trace_bundle *bundle)
{
    const char *name = bundle->label->text;
    print_node(name, "finalizer", "shape=hexagon");
    print_refers(world, name, weft_weak_get(bundle->object), NULL);
    print_holds(world, name, bundle->function, "function");
    print_holds(world, name, trace_argument(bundle), "argument");
}

static void print_entry(struct trace_world *world, const char *from,
    unsigned sorts, const weft_iterator *it)
{
    void *key = weft_value_object(it->key);
    void *value = weft_value_object(it->value);
    if (sorts & TRACE_SET) {
        print_refers(world, from, weft_retain(value), NULL);
    } else if (sorts & TRACE_VALUES) {
        print_refers(world, from, weft_retain(value),
            trace_label_text(world, key));
    } else if (trace_is_atom(value)) {
        print_refers(world, from, weft_retain(key),
            trace_label_text(world, value));
    } else {
        print_refers(world, from, weft_retain(key), NULL);
        print_holds(world, from, value, trace_label_text(world, key));
    }
}

static void print_iteration(struct trace_world *world, const char *name,
    const struct trace_iterator *iterator)
{
    print_node(name, "iteration", "shape=note");
    print_holds(world, name, iterator->container, NULL);
    print_holds(world, name, iterator->it.container, NULL);
    if (!trace_is_atom(iterator->key))
        print_holds(world, name, iterator->key, "key");
    if (!trace_is_atom(iterator->value))
        print_holds(world, name, iterator->value, "value");
    for (size_t i = 0; iterator->copied != NULL
            && i < weft_list_length(iterator->copied); i++) {
        weft_value value = weft_list_get(iterator->copied, i);
        const void *thing = weft_value_object(value);
        if (!trace_is_atom(thing))
            print_holds(world, name, thing, "copied");
        weft_value_release(value);
    }
}

static void print_container(struct trace_world *world, void *container)
{
    unsigned sorts = trace_sorts(container);
    const char *name = trace_label_text(world, container);
    if (sorts & TRACE_ITERATOR) {
        print_iteration(world, name, container);
        return;
    }
    print_node(name, sorts & TRACE_SET ? "weak set" : sorts & TRACE_KEYS
        ? "weak key dictionary" : "weak value dictionary", "shape=cylinder");
    weft_each (it, container)
        print_entry(world, name, sorts, &it);
}

static void print_variable(struct trace_world *world,
    const struct trace_name *name)
{
    size_t size = strlen(name->text) + sizeof("variable:");
    char *node = malloc(size);
    if (node == NULL) {
        trace_stop(world, TRACE_FAILED, "memory ran out");
        return;
    }
    snprintf(node, size, "variable:%s", name->text);
    fputs("    \"", stdout);
    print_escaped(node);
    fputs("\" [label=\"", stdout);
    print_escaped(name->text);
    puts("\" shape=plaintext];");
    print_holds(world, node, name->thing, NULL);
    free(node);
}

struct labelled {
    void *thing;                // borrowed
    const char *text;           // its label
};

static int compare_labelled(const void *a, const void *b)
{
    const struct labelled *left = a;
    const struct labelled *right = b;
    return strcmp(left->text, right->text);
}

// In the order of labels, which is the same whenever a program runs.
static void print_things(struct trace_world *world, const weft_list *list,
    struct labelled *things)
{
    size_t count = 0;
    for (size_t i = 0; i < weft_list_length(list); i++) {
        weft_value value = weft_list_get(list, i);
        void *thing = weft_value_object(value);
        if (trace_sorts(thing) & DRAWN)
            things[count++] = (struct labelled){ thing,
                trace_label_text(world, thing) };
        weft_value_release(value);
    }
    qsort(things, count, sizeof(things[0]), compare_labelled);
    for (size_t i = 0; i < count; i++)
        print_thing(world, things[i].thing);
}

void trace_print_dot(struct trace_world *world)
{
    weft_list *list = weft_gc_get_objects(world->heap, WEFT_FULL);
    struct labelled *things = list == NULL ? NULL
        : calloc(weft_list_length(list) + 1, sizeof(things[0]));
    if (things == NULL) {
        trace_stop(world, TRACE_FAILED, "memory ran out");
    } else {
        puts("digraph weft {\n    rankdir=LR;\n    node [shape=box];");
        const struct trace_program *program = world->program;
        for (size_t i = 0; i < program->name_count; i++)
            if (program->names[i].thing != NULL)
                print_variable(world, &program->names[i]);
        print_things(world, list, things);
        for (const struct trace_label *label = world->containers;
                label != NULL; label = label->next) {
            void *container = weft_weak_get(label->container);
            if (container != NULL)
                print_container(world, container);
            weft_release(container);
        }
        for (const struct trace_bundle *bundle = world->bundles;
                bundle != NULL; bundle = bundle->next)
            print_finalizer(world, bundle);
        puts("}");
    }
    free(things);
    weft_release(list);
}
