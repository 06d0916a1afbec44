// SPDX-License-Identifier: MIT
//
// Signals: who is told, in which order, and whatever handlers do meanwhile.
#include <weft_pattern.h>

#include "rings.h"

// Says whom it is for and what it was given.
static void hear(void *self, void *argument)
{
    const struct node *node = self;
    say("%s:%s", node == NULL ? "nobody" : node->name, (char *)argument);
}

static void overhear(void *self, void *argument)
{
    const struct node *node = self;
    say("(%s:%s)", node == NULL ? "nobody" : node->name, (char *)argument);
}

WEFT_NEW_REF static struct node *named_new(weft_heap *heap, const char *name)
{
    struct node *node = plain_new(heap);
    if (node != NULL)
        node->name = name;
    return node;
}

// Of all there is, what weft made for itself included.
static size_t byte_count(const weft_heap *heap)
{
    return weft_heap_get_stats(heap).object_bytes;
}

static void connect(weft_signal *signal, struct node *node,
    weft_handler_fn *handler)
{
    CHECK_EQ(weft_signal_connect(signal, node, handler), WEFT_OK);
}

// ---------------------------------------------------------------------------
// Connecting and disconnecting

// Observers are told in the order in which they came, each as often as it was
// connected.
static void tells_oldest_first(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    weft_auto(struct node) b = named_new(heap, "b");
    CHECK_EQ(weft_signal_emit(signal, "0"), 0);
    connect(signal, b, hear);
    connect(signal, a, hear);
    connect(signal, b, overhear);
    connect(signal, b, hear);
    CHECK_EQ(weft_signal_length(signal), 4);
    CHECK_EQ(weft_signal_emit(signal, "1"), 4);
    CHECK_TRACE("b:1 a:1 (b:1) b:1");
}

// A signal holds nobody: the connections of who dies are gone before anyone is
// told of that death.
static weft_signal *looked_at;

static void count_connections(weft_ref *ref, void *context)
{
    (void)ref, (void)context;
    say("left:%d", (int)weft_signal_length(looked_at));
}

static void holds_nobody(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    struct node *b = named_new(heap, "b");
    connect(signal, b, hear);
    connect(signal, a, hear);
    connect(signal, b, hear);
    CHECK_EQ(weft_refcount(b), 1);
    looked_at = signal;
    weft_auto(weft_ref) ref = weft_ref_new(b, count_connections, NULL);
    weft_release(b);
    CHECK_TRACE("left:1");
    CHECK_TRUE(weft_ref_is_dead(ref));
    CHECK_EQ(weft_signal_emit(signal, "1"), 1);
    CHECK_TRACE("a:1");
}

// Who has no observer is told all the same, until it is disconnected; a signal
// that observes itself is somebody else.
static void nobody_observes_too(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    connect(signal, NULL, hear);
    connect(signal, a, hear);
    connect(signal, NULL, overhear);
    CHECK_EQ(weft_signal_emit(signal, "1"), 3);
    CHECK_TRACE("nobody:1 a:1 (nobody:1)");
    CHECK_FALSE(weft_signal_disconnect(signal, signal, hear));
    CHECK_EQ(weft_signal_disconnect_all(signal, signal), 0);
    CHECK_TRUE(weft_signal_disconnect(signal, NULL, hear));
    CHECK_FALSE(weft_signal_disconnect(signal, NULL, hear));
    CHECK_EQ(weft_signal_emit(signal, "2"), 2);
    CHECK_TRACE("a:2 (nobody:2)");
}

static void hear_signal(void *self, void *argument)
{
    say("%s", self == argument ? "itself" : "another");
}

static void may_observe_itself(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    CHECK_EQ(weft_signal_connect(signal, signal, hear_signal), WEFT_OK);
    connect(signal, NULL, hear);
    CHECK_EQ(weft_signal_disconnect_all(signal, NULL), 1);
    CHECK_EQ(weft_signal_emit(signal, signal), 1);
    CHECK_TRACE("itself");
}

// The oldest connection of an observer goes first, and only of that handler, of
// that observer, of that signal.
static void disconnects_oldest(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(weft_signal) other = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    weft_auto(struct node) b = named_new(heap, "b");
    connect(other, a, hear);
    connect(signal, a, hear);
    connect(signal, b, hear);
    connect(signal, a, overhear);
    connect(signal, a, hear);
    CHECK_TRUE(weft_signal_disconnect(signal, a, hear));
    CHECK_EQ(weft_signal_emit(signal, "1"), 3);
    CHECK_TRACE("b:1 (a:1) a:1");
    CHECK_TRUE(weft_signal_disconnect(signal, a, hear));
    CHECK_FALSE(weft_signal_disconnect(signal, a, hear));
    CHECK_EQ(weft_signal_emit(signal, "2"), 2);
    CHECK_TRACE("b:2 (a:2)");
    CHECK_EQ(weft_signal_emit(other, "3"), 1);
    CHECK_TRACE("a:3");
}

// All of an observer's connections may go at once.
static void disconnects_all(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(weft_signal) other = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    weft_auto(struct node) b = named_new(heap, "b");
    weft_auto(weft_ref) ref = weft_ref_new(a, NULL, NULL);
    connect(other, a, hear);
    for (int i = 0; i < 3; i++) {
        connect(signal, a, i == 1 ? overhear : hear);
        connect(signal, b, hear);
        connect(signal, NULL, hear);
    }
    CHECK_EQ(weft_signal_disconnect_all(signal, a), 3);
    CHECK_EQ(weft_signal_disconnect_all(signal, a), 0);
    CHECK_EQ(weft_signal_disconnect_all(signal, NULL), 3);
    CHECK_EQ(weft_signal_emit(signal, "1"), 3);
    CHECK_TRACE("b:1 b:1 b:1");
    CHECK_EQ(weft_signal_length(other), 1);
    CHECK_FALSE(weft_ref_is_dead(ref));
}

// What cannot be watched is refused, and so is a handler that is none.
static void refuses(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(weft_string) string = weft_string_new(heap, "text");
    CHECK_EQ(weft_signal_connect(signal, string, hear), WEFT_TYPE_ERROR);
    CHECK_FALSE(weft_signal_disconnect(signal, string, hear));
    CHECK_EQ(weft_signal_disconnect_all(signal, string), 0);
    CHECK_EQ(weft_signal_connect(signal, NULL, NULL), WEFT_TYPE_ERROR);
    CHECK_REPORT(WEFT_MISUSE, "weft_signal_connect: the handler is NULL");
    CHECK_EQ(weft_signal_length(signal), 0);
}

// Checked builds notice what is no signal.
static void wrong_type_is_noticed(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_signal *wrong = (weft_signal *)(void *)node;
    if (!CHECKED)
        return;
    CHECK_EQ(weft_signal_length(wrong), 0);
    CHECK_REPORT(WEFT_MISUSE, "weft_signal_length: plain");
    CHECK_EQ(weft_signal_connect(wrong, NULL, hear), WEFT_TYPE_ERROR);
    CHECK_REPORT(WEFT_MISUSE, "weft_signal_connect: plain");
    CHECK_FALSE(weft_signal_disconnect(wrong, NULL, hear));
    CHECK_REPORT(WEFT_MISUSE, "weft_signal_disconnect: plain");
    CHECK_EQ(weft_signal_disconnect_all(wrong, NULL), 0);
    CHECK_REPORT(WEFT_MISUSE, "weft_signal_disconnect_all: plain");
    CHECK_EQ(weft_signal_emit(wrong, NULL), 0);
    CHECK_REPORT(WEFT_MISUSE, "weft_signal_emit: plain");
}

static weft_status last_status;

static void connect_dying(weft_ref *ref, void *context)
{
    (void)ref;
    last_status = weft_signal_connect(looked_at, context, hear);
}

// Nor is what is dying.
static void refuses_the_dying(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    struct node *node = named_new(heap, "a");
    looked_at = signal;
    weft_auto(weft_ref) ref = weft_ref_new(node, connect_dying, node);
    weft_release(node);
    CHECK_TRUE(weft_ref_is_dead(ref));
    CHECK_EQ(last_status, WEFT_REFERENCE_ERROR);
    CHECK_EQ(weft_signal_length(signal), 0);
}

// A signal is an object like others: it has a length and a text form, is
// weakly referable, and of no concern to the collector, since it holds nothing.
static void is_an_object(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    connect(signal, a, hear);
    connect(signal, a, hear);
    size_t length = 0;
    CHECK_EQ(weft_length(signal, &length), WEFT_OK);
    CHECK_EQ(length, 2);
    weft_auto(weft_string) text = weft_repr(heap, weft_object(signal));
    CHECK_STR(weft_string_text(text), "signal()");
    weft_weak weak = weft_weak_of(signal);
    CHECK_FALSE(weft_gc_is_tracked(signal));
    weft_clear(&signal);
    CHECK_TRUE(weft_weak_is_dead(weak));
    CHECK_EQ(weft_weakref_count(a), 0);
}

// ---------------------------------------------------------------------------
// What handlers do

static struct act {
    weft_signal *signal;        // what it is done with
    struct node *node;          // the same
    struct node **place;        // or a variable
    int depth;                  // of emissions
} act;

static void act_connect(void *self, void *argument)
{
    hear(self, argument);
    connect(act.signal, act.node, hear);
}

// Who connects meanwhile waits for the next emission.
static void newcomers_wait(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    weft_auto(struct node) b = named_new(heap, "b");
    act = (struct act){ .signal = signal, .node = b };
    connect(signal, a, act_connect);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(weft_signal_emit(signal, "1"), 1 + i);
        CHECK_TRACE(i == 0 ? "a:1" : "a:1 b:1");
    }
    CHECK_EQ(weft_signal_length(signal), 3);
}

static void act_disconnect(void *self, void *argument)
{
    hear(self, argument);
    while (weft_signal_disconnect(act.signal, act.node, hear))
        say("off");
}

// Who is disconnected before its turn is not called, though it lives.
static void leavers_are_not_called(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    weft_auto(struct node) b = named_new(heap, "b");
    weft_auto(struct node) c = named_new(heap, "c");
    act = (struct act){ .signal = signal, .node = b };
    connect(signal, b, hear);
    connect(signal, a, act_disconnect);
    connect(signal, b, hear);
    connect(signal, c, hear);
    connect(signal, b, hear);
    CHECK_EQ(weft_signal_emit(signal, "1"), 3);
    CHECK_TRACE("b:1 a:1 off off off c:1");
    CHECK_EQ(weft_signal_length(signal), 2);
}

// What they leave behind goes with the emission.
static void leavers_leave_nothing(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    weft_auto(struct node) b = named_new(heap, "b");
    act = (struct act){ .signal = signal, .node = b };
    connect(signal, a, act_disconnect);
    size_t before = byte_count(heap);
    for (int i = 0; i < 3; i++)
        connect(signal, b, hear);
    CHECK_EQ(weft_signal_emit(signal, "1"), 1);
    CHECK_TRACE("a:1 off off off");
    CHECK_EQ(byte_count(heap), before);
}

// One that goes and comes again is new.
static void act_reconnect(void *self, void *argument)
{
    hear(self, argument);
    CHECK_TRUE(weft_signal_disconnect(act.signal, self, act_reconnect));
    connect(act.signal, self, act_reconnect);
}

static void may_come_again(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    weft_auto(struct node) b = named_new(heap, "b");
    act = (struct act){ .signal = signal };
    connect(signal, a, act_reconnect);
    connect(signal, b, hear);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(weft_signal_emit(signal, "1"), 2);
    CHECK_TRACE("a:1 b:1 b:1 a:1 b:1 a:1");
    CHECK_EQ(weft_signal_length(signal), 2);
}

static void act_release(void *self, void *argument)
{
    hear(self, argument);
    weft_clear(act.place);
    say("let go");
}

// Who dies before its turn is not called either.
static void the_dead_are_not_called(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    struct node *b = loud_new(heap, "b");
    weft_auto(struct node) c = named_new(heap, "c");
    act = (struct act){ .place = &b };
    connect(signal, a, act_release);
    connect(signal, b, hear);
    connect(signal, c, hear);
    CHECK_EQ(weft_signal_emit(signal, "1"), 2);
    CHECK_TRACE("a:1 ~b b. let go c:1");
}

// A handler may let go of its own observer, which is held for the call.
static void observer_is_held(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    struct node *a = loud_new(heap, "a");
    weft_auto(struct node) b = named_new(heap, "b");
    act = (struct act){ .place = &a };
    connect(signal, a, act_release);
    connect(signal, b, hear);
    CHECK_EQ(weft_signal_emit(signal, "1"), 2);
    CHECK_TRACE("a:1 let go ~a a. b:1");
    CHECK_EQ(weft_signal_length(signal), 1);
}

static weft_signal *dropped;

static void act_drop(void *self, void *argument)
{
    hear(self, argument);
    weft_clear(&dropped);
}

// A handler may let go of the signal: it goes when all were told.
static void signal_is_held(weft_heap *heap)
{
    weft_auto(struct node) a = named_new(heap, "a");
    weft_auto(struct node) b = named_new(heap, "b");
    dropped = weft_signal_new(heap);
    connect(dropped, NULL, hear);
    connect(dropped, a, act_drop);
    connect(dropped, b, hear);
    weft_weak weak = weft_weak_of(dropped);
    CHECK_EQ(weft_signal_emit(dropped, "1"), 3);
    CHECK_TRACE("nobody:1 a:1 b:1");
    CHECK_TRUE(weft_weak_is_dead(weak));
    CHECK_EQ(weft_weakref_count(a), 0);
}

static void act_emit(void *self, void *argument)
{
    say("<");
    hear(self, argument);
    if (act.depth++ < 1)
        CHECK_EQ(weft_signal_emit(act.signal, "in"), 3);
    act.depth--;
    say(">");
}

// A handler may emit again.
static void may_be_nested(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    weft_auto(struct node) b = named_new(heap, "b");
    weft_auto(struct node) c = named_new(heap, "c");
    act = (struct act){ .signal = signal };
    connect(signal, a, hear);
    connect(signal, b, act_emit);
    connect(signal, c, hear);
    CHECK_EQ(weft_signal_emit(signal, "out"), 3);
    CHECK_TRACE("a:out < b:out a:in < b:in > c:in > c:out");
}

static void act_inner(void *self, void *argument)
{
    hear(self, argument);
    if (act.depth++ == 0) {
        connect(act.signal, NULL, overhear);
        CHECK_EQ(weft_signal_emit(act.signal, "in"), 2);
        CHECK_TRUE(weft_signal_disconnect(act.signal, act.node, hear));
    } else {
        CHECK_TRUE(weft_signal_disconnect(act.signal, act.node, hear));
        connect(act.signal, act.node, hear);
    }
    act.depth--;
}

// Each emission has its own start: what came between two is seen by the inner
// one only, and what the inner one disconnects, by none.
static void each_has_its_start(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    weft_auto(struct node) b = named_new(heap, "b");
    act = (struct act){ .signal = signal, .node = b };
    connect(signal, a, act_inner);
    connect(signal, b, hear);
    CHECK_EQ(weft_signal_emit(signal, "out"), 1);
    CHECK_TRACE("a:out a:in (nobody:in)");
    CHECK_EQ(weft_signal_length(signal), 2);
}

static void act_close(void *self, void *argument)
{
    (void)self;
    CHECK_EQ(weft_heap_close(argument), 0);
}

// A handler is user code: it may not close the heap.
static void handler_may_not_close(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    connect(signal, NULL, act_close);
    CHECK_EQ(weft_signal_emit(signal, heap), 1);
    CHECK_REPORT(WEFT_MISUSE, "weft_heap_close");
}

// ---------------------------------------------------------------------------
// Death and garbage

static void emit_in_finalizer(struct node *self)
{
    (void)self;
    CHECK_EQ(weft_signal_emit(act.signal, "last"), 2);
}

// A finalizer may emit, and its object, which is whole, still observes.
static void finalizer_may_emit(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    struct node *b = loud_new(heap, "b");
    b->act = emit_in_finalizer;
    act = (struct act){ .signal = signal };
    connect(signal, b, hear);
    connect(signal, a, hear);
    weft_release(b);
    CHECK_TRACE("~b b:last a:last b.");
    CHECK_EQ(weft_signal_length(signal), 1);
}

static void rescue_observer(void *self, void *argument)
{
    hear(self, argument);
    weft_set(&rescued, self);
}

// A handler called then may bring it back to life, and it goes on to observe.
static void handler_may_resurrect(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    struct node *b = loud_new(heap, "b");
    b->act = emit_in_finalizer;
    act = (struct act){ .signal = signal };
    connect(signal, b, rescue_observer);
    connect(signal, b, hear);
    weft_release(b);
    CHECK_TRACE("~b b:last b:last");
    CHECK_EQ(weft_signal_emit(signal, "1"), 2);
    weft_clear(&rescued);
    CHECK_TRACE("b:1 b:1 b.");
    CHECK_EQ(weft_signal_length(signal), 0);
}

struct holder {
    struct holder *self;        // strong: a ring
    weft_signal *signal;        // strong
    const char *name;           // plain
};

static void holder_finalize(void *self)
{
    const struct holder *holder = self;
    say("~%s:%d", holder->name, (int)weft_signal_emit(holder->signal, "last"));
}

static void hear_holder(void *self, void *argument)
{
    say("%s:%s", ((struct holder *)self)->name, (char *)argument);
}

#define HOLDER_FIELDS WEFT_FIELDS(WEFT_STRONG(struct holder, self), \
    WEFT_STRONG(struct holder, signal), WEFT_CSTRING(struct holder, name))

static weft_type holder_type = { .name = "holder", WEFT_SIZE(struct holder),
    .fields = HOLDER_FIELDS };
static weft_type loud_holder_type = { .name = "loud holder",
    WEFT_SIZE(struct holder), .fields = HOLDER_FIELDS,
    .finalize = holder_finalize };

WEFT_NEW_REF static struct holder *holder_new(weft_heap *heap, weft_type *type,
    weft_signal *signal, const char *name)
{
    struct holder *holder = weft_new(heap, type);
    if (holder == NULL)
        return NULL;
    holder->name = name;
    weft_set(&holder->self, holder);
    weft_set(&holder->signal, signal);
    return holder;
}

// A ring that holds a signal and observes it is garbage as any other, and so is
// the signal.
static void ring_may_observe(weft_heap *heap)
{
    by_hand(heap);
    weft_signal *signal = weft_signal_new(heap);
    struct holder *holder = holder_new(heap, &holder_type, signal, "ring");
    CHECK_EQ(weft_signal_connect(signal, holder, hear_holder), WEFT_OK);
    connect(signal, NULL, hear);
    weft_weak weak = weft_weak_of(signal);
    weft_release(signal);
    weft_release(holder);
    CHECK_FALSE(weft_weak_is_dead(weak));
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 1);
    CHECK_TRUE(weft_weak_is_dead(weak));
    CHECK_EQ(byte_count(heap), 0);
}

// Observers that are garbage are not told any more, others are, also when the
// garbage's own finalizers emit.
static void garbage_does_not_observe(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    struct holder *holder = holder_new(heap, &loud_holder_type, signal, "ring");
    CHECK_EQ(weft_signal_connect(signal, holder, hear_holder), WEFT_OK);
    connect(signal, a, hear);
    connect(signal, NULL, hear);
    weft_release(holder);
    CHECK_EQ(weft_signal_emit(signal, "1"), 3);
    CHECK_TRACE("ring:1 a:1 nobody:1");
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 1);
    CHECK_TRACE("a:last nobody:last ~ring:2");
    CHECK_EQ(weft_signal_length(signal), 2);
}

static void rescue_signal(void *self)
{
    weft_set(&dropped, ((struct holder *)self)->signal);
}

static weft_type rescuer_type = { .name = "rescuer", WEFT_SIZE(struct holder),
    .fields = HOLDER_FIELDS, .finalize = rescue_signal };

// A signal that garbage brings back to life has all its connections but those
// of garbage.
static void signal_may_be_rescued(weft_heap *heap)
{
    by_hand(heap);
    weft_signal *signal = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    struct holder *holder = holder_new(heap, &rescuer_type, signal, "ring");
    CHECK_EQ(weft_signal_connect(signal, holder, hear_holder), WEFT_OK);
    connect(signal, NULL, hear);
    connect(signal, a, hear);
    weft_release(signal);
    weft_release(holder);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_SAME(dropped, signal);
    CHECK_EQ(weft_signal_emit(dropped, "1"), 2);
    CHECK_TRACE("nobody:1 a:1");
    weft_clear(&dropped);
}

static void act_collect(void *self, void *argument)
{
    (void)self;
    say("<");
    (void)weft_gc_collect(argument, WEFT_FULL);
    say(">");
}

static void say_name(void *self, void *argument)
{
    (void)argument;
    say("%s", ((struct node *)self)->name);
}

// A handler may collect observers whose turn is to come.
static void handler_may_collect(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    struct node *ring = loud_ring(heap, "x", "y");
    connect(signal, ring, say_name);
    connect(signal, NULL, act_collect);
    connect(signal, ring->left, say_name);
    connect(signal, a, say_name);
    weft_release(ring);
    CHECK_EQ(weft_signal_emit(signal, heap), 3);
    CHECK_EITHER("x < ~x ~y x. y. > a", "x < ~y ~x y. x. > a");
    CHECK_EQ(weft_signal_length(signal), 2);
}

// What a heap still holds when it is closed is taken apart in any order.
static void closes_with_connections(void)
{
    weft_heap *heap = open_test_heap();
    weft_signal *signal = weft_signal_new(heap);
    struct node *node = plain_new(heap);
    connect(signal, node, hear);
    connect(signal, NULL, hear);
    CHECK_EQ(weft_heap_close(heap), 2);
    for (int i = 0; i < 2; i++)
        CHECK_REPORT(WEFT_LEAKED, "1 object");
}

// ---------------------------------------------------------------------------
// Memory

// Without memory nothing is connected, and what there was is as before.
static void connecting_fails_cleanly(weft_heap *heap)
{
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(struct node) a = plain_new(heap);
    if (!made(signal) || !made(a))
        return;
    a->name = "a";
    for (size_t i = 0; i < 40; i++) {
        weft_status status = weft_signal_connect(signal, i % 3 == 0 ? NULL : a,
            hear);
        CHECK_EQ(weft_signal_length(signal), i + (status == WEFT_OK));
        if (!went_well(status)) {
            CHECK_EQ(weft_signal_emit(signal, "1"), i);
            return;
        }
    }
}

static void act_shuffle(void *self, void *argument)
{
    say_name(self, argument);
    CHECK_EQ(weft_signal_disconnect_all(act.signal, act.node), 2);
    weft_clear(act.place);
    CHECK_EQ(weft_signal_emit(act.signal, argument), 1);
}

// Emitting needs none, nor does leaving.
static void emitting_needs_no_memory(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    weft_auto(struct node) a = named_new(heap, "a");
    weft_auto(struct node) b = named_new(heap, "b");
    struct node *c = named_new(heap, "c");
    act = (struct act){ .signal = signal, .node = b, .place = &c };
    connect(signal, b, act_shuffle);
    connect(signal, b, say_name);
    connect(signal, c, say_name);
    connect(signal, a, say_name);
    (void)weft_debug_fail_at(heap, 1);
    CHECK_EQ(weft_signal_emit(signal, NULL), 2);
    CHECK_TRACE("b a a");
    CHECK_EQ(weft_debug_fail_at(heap, 0), 1);
}

// ---------------------------------------------------------------------------
// Anything at once, against a model

enum { OBSERVERS = 8, MOST = 4000, DEEPEST = 4 };

struct link {                   // a connection, as it must be
    int observer;               // OBSERVERS: nobody
    bool loud;                  // which handler
    bool live;                  // not disconnected, and the observer not dead
};

static struct model {
    weft_heap *heap;
    weft_signal *signal;
    struct node *observers[OBSERVERS];
    struct link links[MOST];    // oldest first
    int count;                  // of links ever made
    int at[DEEPEST];            // of each emission: who was called last
    int end[DEEPEST];           // of each: how many there were
    int depth;                  // of emissions
    int left;                   // things to do
    uint64_t random;
} model;

static int choose(int count)
{
    model.random = model.random * 6364136223846793005u + 1442695040888963407u;
    return (int)(model.random >> 33) % count;
}

// The next one that must be called, or -1.
static int expected(int depth)
{
    int i = model.at[depth] + 1;
    while (i < model.end[depth] && !model.links[i].live)
        i++;
    return i < model.end[depth] ? i : -1;
}

static void do_something(void);

static void be_told(void *self, bool loud)
{
    int depth = model.depth - 1, next = expected(depth);
    CHECK_TRUE(next >= 0);
    const struct link *link = &model.links[next];
    CHECK_SAME(self, link->observer == OBSERVERS ? NULL
        : model.observers[link->observer]);
    CHECK_EQ(loud, link->loud);
    model.at[depth] = next;
    for (int i = choose(4); i > 0; i--)
        do_something();
}

static void be_told_quietly(void *self, void *argument)
{
    CHECK_SAME(argument, &model);
    be_told(self, false);
}

static void be_told_loudly(void *self, void *argument)
{
    CHECK_SAME(argument, &model);
    be_told(self, true);
}

static void model_connect(int observer, bool loud)
{
    if (model.count == MOST)
        return;
    connect(model.signal, observer == OBSERVERS ? NULL
        : model.observers[observer], loud ? be_told_loudly : be_told_quietly);
    model.links[model.count++] = (struct link){ observer, loud, true };
}

static void model_disconnect(int observer, bool loud)
{
    int i = 0;
    while (i < model.count && !(model.links[i].live && model.links[i].loud
            == loud && model.links[i].observer == observer))
        i++;
    CHECK_EQ(weft_signal_disconnect(model.signal, observer == OBSERVERS ? NULL
        : model.observers[observer], loud ? be_told_loudly : be_told_quietly),
        i < model.count);
    if (i < model.count)
        model.links[i].live = false;
}

static size_t model_drop(int observer)
{
    size_t count = 0;
    for (int i = 0; i < model.count; i++) {
        count += model.links[i].live && model.links[i].observer == observer;
        if (model.links[i].observer == observer)
            model.links[i].live = false;
    }
    return count;
}

// It dies, unless an emission holds it: then it is disconnected.
static void model_kill(int observer)
{
    if (weft_refcount(model.observers[observer]) > 1)
        (void)weft_signal_disconnect_all(model.signal,
            model.observers[observer]);
    (void)model_drop(observer);
    weft_set_steal(&model.observers[observer], plain_new(model.heap));
}

static void model_emit(void)
{
    int depth = model.depth;
    if (depth == DEEPEST)
        return;
    model.at[depth] = -1;
    model.end[depth] = model.count;
    model.depth++;
    (void)weft_signal_emit(model.signal, &model);
    model.depth--;
    CHECK_EQ(expected(depth), -1);
}

static void do_something(void)
{
    int observer = choose(OBSERVERS + 1);
    if (model.left-- <= 0)
        return;
    switch (choose(8)) {
    case 0: case 1: case 2:
        model_connect(observer, choose(2) == 0);
        break;
    case 3: case 4:
        model_disconnect(observer, choose(2) == 0);
        break;
    case 5:
        CHECK_EQ(weft_signal_disconnect_all(model.signal,
            observer == OBSERVERS ? NULL : model.observers[observer]),
            model_drop(observer));
        break;
    case 6:
        if (observer < OBSERVERS)
            model_kill(observer);
        break;
    default:
        model_emit();
    }
}

// Whatever handlers do, those are called who must be, in the right order.
static void agrees_with_the_model(weft_heap *heap)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        model = (struct model){ .heap = heap, .random = seed, .left = 1500,
            .signal = weft_signal_new(heap) };
        for (int i = 0; i < OBSERVERS; i++)
            model.observers[i] = plain_new(heap);
        while (model.left > 0) {
            do_something();
            if (choose(6) == 0)
                model_kill(choose(OBSERVERS));
        }
        size_t live = 0;
        for (int i = 0; i < model.count; i++)
            live += model.links[i].live;
        CHECK_EQ(weft_signal_length(model.signal), live);
        CHECK_TRUE(weft_heap_verify(heap));
        weft_clear(&model.signal);
        for (int i = 0; i < OBSERVERS; i++)
            weft_clear(&model.observers[i]);
        CHECK_EQ(byte_count(heap), 0);
    }
}

TESTS(
    RUN(tells_oldest_first),
    RUN(holds_nobody),
    RUN(nobody_observes_too),
    RUN(may_observe_itself),
    RUN(disconnects_oldest),
    RUN(disconnects_all),
    RUN(refuses),
    RUN(wrong_type_is_noticed),
    RUN(refuses_the_dying),
    RUN(is_an_object),
    RUN(newcomers_wait),
    RUN(leavers_are_not_called),
    RUN(leavers_leave_nothing),
    RUN(may_come_again),
    RUN(the_dead_are_not_called),
    RUN(observer_is_held),
    RUN(signal_is_held),
    RUN(may_be_nested),
    RUN(each_has_its_start),
    RUN(handler_may_not_close),
    RUN(finalizer_may_emit),
    RUN(handler_may_resurrect),
    RUN(ring_may_observe),
    RUN(garbage_does_not_observe),
    RUN(signal_may_be_rescued),
    RUN(handler_may_collect),
    RUN_ALONE(closes_with_connections),
    RUN_OOM(connecting_fails_cleanly),
    RUN(emitting_needs_no_memory),
    RUN(agrees_with_the_model))
