// SPDX-License-Identifier: MIT
//
// Timers that vanish with whatever they belong to. What is to be called is a
// weak method: a function together with an object, which it does not keep. It
// is gone when the object is; or when its owner is, here the plugin that has
// the code of the function: an object may outlive that. The queue is told when
// a method goes, and forgets the timer. So nobody has to stop a timer, and none
// is called for what is gone, or with code that is not there any more.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

struct queue {
    weft_dict *timers;          // strong: from its seconds to a weak method
};

struct plugin {
    const char *name;           // plain
};

struct lamp {
    const char *name;           // plain
    bool is_on;
};

static weft_type queue_type = {
    .name = "queue", WEFT_SIZE(struct queue),
    .fields = WEFT_FIELDS(WEFT_STRONG_OF(struct queue, timers,
        &weft_dict_type)) };

static weft_type plugin_type = {
    .name = "plugin", WEFT_SIZE(struct plugin),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct plugin, name)) };

static weft_type lamp_type = {
    .name = "lamp", WEFT_SIZE(struct lamp),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct lamp, name),
        WEFT_BOOL(struct lamp, is_on)) };

WEFT_NEW_REF static void *need(void *object)
{
    if (object == NULL)
        exit(EXIT_FAILURE);
    return object;
}

WEFT_NEW_REF static struct lamp *lamp_new(weft_heap *heap, const char *name)
{
    struct lamp *lamp = need(weft_new(heap, &lamp_type));
    lamp->name = name;
    return lamp;
}

// The method keeps a ref to the queue, for it may outlive that: by a call.
static void method_gone(weft_ref *method, void *context)
{
    weft_auto(struct queue) queue = weft_ref_get(context);
    if (queue == NULL)
        return;
    weft_each(it, queue->timers)
        if (it.object == method && weft_dict_remove(queue->timers, it.key))
            printf("  the timer of second %d is dropped\n",
                (int)it.key.as.integer);
}

// One timer a second is enough for an example. NULL: nobody owns the function.
static void call_later(struct queue *queue, int second, void *object,
    struct plugin *owner, weft_handler_fn *function)
{
    weft_auto(weft_ref) self = need(weft_ref_new(queue, NULL, NULL));
    weft_auto(weft_ref) method = need(weft_weakmethod_new_as(
        &weft_weakmethod_type, object, owner, function, method_gone, self));
    if (weft_dict_put(queue->timers, weft_int(second), weft_object(method))
            != WEFT_OK)
        exit(EXIT_FAILURE);
}

// What is called may do anything: it has been taken out of the queue before.
static void pass_second(struct queue *queue, int second)
{
    printf("second %d, %zu to come\n", second,
        weft_dict_length(queue->timers));
    weft_auto_value timer = weft_dict_pop(queue->timers, weft_int(second));
    if (weft_value_object(timer) != NULL)
        weft_weakmethod_call(weft_value_object(timer), &second);
}

static void lamp_switch(void *self, void *argument)
{
    struct lamp *lamp = self;
    (void)argument;
    lamp->is_on = !lamp->is_on;
    printf("  the %s lamp is %s\n", lamp->name, lamp->is_on ? "on" : "off");
}

// As if this were the plugin's code.
static void lamp_flash(void *self, void *argument)
{
    const struct lamp *lamp = self;
    const int *second = argument;
    printf("  the %s lamp flashes at second %d\n", lamp->name, *second);
}

int main(void)
{
    weft_heap *heap = need(weft_heap_open(NULL));
    struct queue *queue = need(weft_new(heap, &queue_type));
    queue->timers = need(weft_dict_new(heap, WEFT_BY_EQUALITY));
    struct plugin *disco = need(weft_new(heap, &plugin_type));
    disco->name = "disco";
    struct lamp *hall = lamp_new(heap, "hall");
    struct lamp *desk = lamp_new(heap, "desk");
    call_later(queue, 1, hall, NULL, lamp_switch);
    call_later(queue, 2, hall, disco, lamp_flash);
    call_later(queue, 3, desk, NULL, lamp_switch);
    call_later(queue, 4, hall, disco, lamp_flash);
    call_later(queue, 5, hall, NULL, lamp_switch);

    pass_second(queue, 1);
    pass_second(queue, 2);
    printf("the desk lamp is thrown away:\n");
    weft_release(desk);
    pass_second(queue, 3);
    printf("the %s plugin is unloaded:\n", disco->name);
    weft_release(disco);
    pass_second(queue, 4);
    pass_second(queue, 5);

    weft_release(hall);
    weft_release(queue);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
