// SPDX-License-Identifier: MIT
//
// Signals: a weak table without cells (weak/table.h), found by nothing. Each
// connection is an entry that watches its observer, with the handler for a
// payload; so it goes at the instant the observer dies, or lets go of nothing
// when it is disconnected. Order is the order of connecting.
//
//     signal -> order: entry, entry, (hole), entry
//                        |      |              |
//                        v      v              v
//                    observer  observer     the signal itself: nobody's
//
// An entry without an observer watches the signal, and has a hash of 1.
//
//     emit:  begin a snapshot
//            each entry in it that is no ghost: hold the observer, call
//            end the snapshot
//
// A snapshot ends where order ended when it began, so who connects later is not
// in it, and whoever is disconnected meanwhile is a ghost of it, or gone.
//
// A signal owns nothing: it is in no ring, and no concern of the collector.
#include "pattern.h"

struct weft_signal {
    struct weaktable table;
};

static const weft_field signal_fields[] = {
    { "", NULL, 0, 0, ROW_LEAVE, 0, 0 }, WEFT_END };

weft_type weft_signal_type = { .name = "signal", WEFT_SIZE(weft_signal),
    .fields = signal_fields, .dispose = weft__dispose_table,
    .length = weft__table_length, .acyclic = true,
    .reserved = WEFT__ROLE(ROLE_TABLE) };

static bool check_signal(const weft_signal *signal, const char *call)
{
    return !CHECKED || is_pattern(signal, &weft_signal_type, call);
}

weft_signal *weft_signal_new(weft_heap *heap)
{
    weft_signal *signal = weft__new_table(heap, &weft_signal_type,
        WEFT_BY_IDENTITY);
    if (signal != NULL)
        signal->table.is_keyed = false;
    return signal;
}

size_t weft_signal_length(const weft_signal *signal)
{
    return check_signal(signal, "weft_signal_length") ? signal->table.count : 0;
}

weft_status weft_signal_connect(weft_signal *signal, void *observer,
    weft_handler_fn *handler)
{
    if (!check_signal(signal, "weft_signal_connect"))
        return WEFT_TYPE_ERROR;
    if (handler == NULL) {
        weft__misuse(page_of(signal)->heap, signal, "weft_signal_connect: "
            "the handler is NULL");
        return WEFT_TYPE_ERROR;
    }
    void *watched = observer == NULL ? signal : observer;
    weft_status status = weft__check_target(watched);
    if (status != WEFT_OK)
        return status;
    weft_value payload = weft_int((int64_t)(uintptr_t)handler);
    return weft__insert(&signal->table, watched, payload, observer == NULL,
        NOWHERE) != NULL ? WEFT_OK : WEFT_MEMORY_ERROR;
}

// ---- disconnecting

static weft_handler_fn *handler_of(const struct weakentry *entry)
{
    return (weft_handler_fn *)(uintptr_t)entry->payload;
}

// Those who watch the observer, newest first; NULL: nobody.
static struct weft__watcher *first_watcher(const weft_signal *signal,
    const void *observer)
{
    const void *watched = observer == NULL ? signal : observer;
    if (CHECKED && !weft__check_object(watched, "weft_signal_disconnect"))
        return NULL;
    struct weft__watcher **head = page_of(watched)->kind == NULL
        || page_of(watched)->kind->forbidden ? NULL
        : weft__watchers(watched, false);
    return head == NULL ? NULL : *head;
}

// Is this a connection of the signal and that observer?
static bool is_connection(const weft_signal *signal, const void *observer,
    const struct weft__watcher *node)
{
    const struct weakentry *entry = (const struct weakentry *)(const void *)
        node;
    return is_entry(node) && entry->table == &signal->table
        && (entry->hash != 0) == (observer == NULL);
}

static void disconnect(struct weakentry *entry)
{
    weft_value_release(weft__remove(entry));    // a number: runs nothing
}

bool weft_signal_disconnect(weft_signal *signal, const void *observer,
    weft_handler_fn *handler)
{
    if (!check_signal(signal, "weft_signal_disconnect"))
        return false;
    struct weakentry *oldest = NULL;
    for (struct weft__watcher *node = first_watcher(signal, observer);
            node != NULL; node = node->next) {
        struct weakentry *entry = (struct weakentry *)(void *)node;
        if (is_connection(signal, observer, node)
                && handler_of(entry) == handler)
            oldest = entry;
    }
    if (oldest != NULL)
        disconnect(oldest);
    return oldest != NULL;
}

size_t weft_signal_disconnect_all(weft_signal *signal, const void *observer)
{
    size_t count = 0;
    if (!check_signal(signal, "weft_signal_disconnect_all"))
        return 0;
    for (struct weft__watcher *node = first_watcher(signal, observer), *next;
            node != NULL; node = next) {
        next = node->next;
        if (!is_connection(signal, observer, node))
            continue;
        disconnect((struct weakentry *)(void *)node);
        count++;
    }
    return count;
}

// ---- emitting

size_t weft_signal_emit(weft_signal *signal, void *argument)
{
    if (!check_signal(signal, "weft_signal_emit") || signal->table.count == 0
            || weft_retain(signal) == NULL)
        return 0;
    weft_heap *heap = page_of(signal)->heap;
    struct snapshot snapshot = weft__begin_snapshot(&signal->table);
    struct weakentry *entry;
    void *observer;
    size_t called = 0;
    while ((entry = weft__next_shown(&snapshot, &observer)) != NULL) {
        if (!is_ghost(entry)) {
            weft_handler_fn *handler = handler_of(entry);
            called++;
            heap->calls++;
            handler(entry->hash == 0 ? observer : NULL, argument);
            heap->calls--;
        }
        weft_release(observer);
    }
    weft__end_snapshot(&signal->table);
    weft_release(signal);
    return called;
}
