// SPDX-License-Identifier: MIT
//
// Memos: a cache of results, found by the arguments of a function. A memo that
// is not to keep anything has a cache without a budget.
//
//     arguments       key
//     one             itself
//     none, several   an object that holds them all, made with the result
//
// A lookup makes nothing. Its probe has the caller's array, and the table asks
// is_same_call() instead of weft_equal() whether a key is what is looked for.
//
// Which results are being computed is a list on the C stack, so who asks for
// one of these can be told that there is none. It is gone through once for each
// result that is not there yet.
#include "cache.h"

struct weft_memo {
    weft_cache cache;           // first: of results
    weft_memo_fn *function;     // computes them
    void *context;              // for `function`
    const struct computing *computing;  // innermost first
};

struct arguments {
    weft_value *values;         // owned; behind this struct
    size_t count;               // how many there are
};

struct call {                   // a probe, and what it is for
    struct probe probe;         // first
    const weft_value *values;   // the arguments, borrowed
    size_t count;               // how many there are
};

struct computing {              // on the C stack: `function` runs
    const struct call *call;    // for this
    const struct computing *outer;
};

static const weft_field memo_fields[] = {
    { "", NULL, 0, 0, ROW_LEAVE, 0, 0 }, WEFT_END };

weft_type weft_memo_type = { .name = "memo", WEFT_SIZE(weft_memo),
    .fields = memo_fields, .dispose = weft__dispose_cache,
    .length = weft__table_length, .reserved = WEFT__ROLE(ROLE_TABLE) };

static weft_type arguments_type = { .name = "arguments",
    WEFT_SIZE(struct arguments),
    .fields = WEFT_FIELDS({ .name = "values",
        .offset = offsetof(struct arguments, values),
        .count_offset = offsetof(struct arguments, count),
        .kind = ROW_VALUES,
        .size = sizeof(weft_value *),
        .count_size = sizeof(size_t) }),
    .weak = WEFT_FORBIDDEN };

static bool check_memo(const weft_memo *memo, const char *call)
{
    return !CHECKED || is_pattern(memo, &weft_memo_type, call);
}

// ---- arguments

// NULL: no memory.
static struct arguments *new_arguments(weft_heap *heap, const struct call *call)
{
    struct arguments *arguments = weft_new_sized(heap, &arguments_type,
        call->count * sizeof(weft_value));
    if (arguments == NULL)
        return NULL;
    arguments->values = (weft_value *)(void *)(arguments + 1);
    for (; arguments->count < call->count; arguments->count++)
        if (weft__own_value(heap, call->values[arguments->count],
                &arguments->values[arguments->count]) != WEFT_OK) {
            weft_release(arguments);
            return NULL;
        }
    return arguments;
}

// Each argument counts, and where it stands.
static weft_status hash_arguments(const weft_memo *memo,
    const struct call *call, uint64_t *hash)
{
    *hash = call->count;
    for (size_t i = 0; i < call->count; i++) {
        uint64_t one;
        weft_status status = weft__hash_key(&memo->cache.table,
            call->values[i], &one);
        if (status != WEFT_OK)
            return status;
        *hash = (*hash ^ one) * 0x9e3779b97f4a7c15u;
        *hash ^= *hash >> 32;
    }
    return WEFT_OK;
}

// As keys of a dictionary compare: what is the very same is equal.
static weft_status is_same_argument(const struct weaktable *table, weft_value a,
    weft_value b, bool *same)
{
    bool is_simple = weft__is_simple(a) && weft__is_simple(b);
    *same = a.kind == b.kind && a.kind != WEFT_KIND_TEXT
        && weft__payload_of(a) == weft__payload_of(b);
    if (*same)
        return WEFT_OK;
    if (is_simple)
        *same = weft__equal_simple(a, b);
    if (is_simple || table->by == WEFT_BY_IDENTITY)
        return WEFT_OK;
    a = weft_value_retain(a);
    b = weft_value_retain(b);
    weft_status status = weft_equal(a, b, same);
    weft_value_release(a);
    weft_value_release(b);
    return status;
}

static weft_status are_same_arguments(const struct weaktable *table,
    const weft_value *a, const weft_value *b, size_t count, bool *same)
{
    weft_status status = WEFT_OK;
    *same = true;
    for (size_t i = 0; i < count && *same && status == WEFT_OK; i++)
        status = is_same_argument(table, a[i], b[i], same);
    return status;
}

static bool are_arguments(weft_value key)
{
    return page_of(key.as.object)->type == &arguments_type;
}

// The table's question. What is `there` is held.
static weft_status is_same_call(const struct weaktable *table, weft_value there,
    const struct probe *probe, bool *same)
{
    const struct call *call = (const struct call *)(const void *)probe;
    const weft_value *values = &there;
    size_t count = 1;
    if (weft__has_object(there) && are_arguments(there)) {
        const struct arguments *arguments = there.as.object;
        values = arguments->values;
        count = arguments->count;
    }
    *same = count == call->count;
    return !*same ? WEFT_OK
        : are_same_arguments(table, values, call->values, count, same);
}

// TYPE: an argument is unhashable, or what its hook fails with.
static weft_status begin_call(const weft_memo *memo, struct call *call,
    const weft_value *values, size_t count)
{
    const struct weaktable *table = &memo->cache.table;
    uint64_t hash;
    call->values = values;
    call->count = count;
    if (count == 1)
        return weft__probe(table, values[0], &call->probe);
    weft_status status = hash_arguments(memo, call, &hash);
    if (status != WEFT_OK)
        return status;
    call->probe = (struct probe){ .key = weft_nil(),
        .hash = weft__mix(table, hash) };
    call->probe.want = tag_of(call->probe.hash) | WEFT_KIND_OBJECT;
    return WEFT_OK;
}

// ---- computing

static bool is_computing(const weft_memo *memo, const struct call *call)
{
    const struct computing *computing = memo->computing;
    for (; computing != NULL; computing = computing->outer) {
        const struct call *other = computing->call;
        bool same;
        if (other->probe.hash == call->probe.hash
                && other->count == call->count
                && are_same_arguments(&memo->cache.table, other->values,
                    call->values, call->count, &same) == WEFT_OK && same)
            return true;
    }
    return false;
}

static weft_status remember(weft_memo *memo, struct call *call, void *result)
{
    struct arguments *arguments = NULL;
    weft_status status = weft__check_target(result);
    if (status != WEFT_OK)
        return status;
    if (call->count != 1) {
        arguments = new_arguments(page_of(memo)->heap, call);
        if (arguments == NULL)
            return WEFT_MEMORY_ERROR;
        call->probe.key = weft_object(arguments);
    }
    status = weft__put_cached(&memo->cache, &call->probe, result);
    weft_release(arguments);
    return status;
}

// The memo is held.
static void *compute(weft_memo *memo, struct call *call)
{
    weft_heap *heap = page_of(memo)->heap;
    struct computing computing = { call, memo->computing };
    memo->computing = &computing;
    heap->calls++;
    void *result = memo->function(call->values, call->count, memo->context);
    heap->calls--;
    memo->computing = computing.outer;
    if (result == NULL || remember(memo, call, result) == WEFT_OK)
        return result;
    weft_release(result);
    return NULL;
}

void *weft_memo_call(weft_memo *memo, const weft_value *arguments, size_t count)
{
    struct call call;
    void *result = NULL;
    if (!check_memo(memo, "weft_memo_call"))
        return NULL;
    void *held = weft_retain(memo);
    if (held == NULL)
        return NULL;                        // it is dying
    if (begin_call(memo, &call, arguments, count) == WEFT_OK) {
        result = weft__find_cached(&memo->cache, &call.probe);
        if (result == NULL && !is_computing(memo, &call))
            result = compute(memo, &call);
    }
    weft_release(held);
    return result;
}

// ---- the rest

weft_memo *weft_memo_new_cached(weft_heap *heap, weft_memo_fn *function,
    void *context, const weft_cache_options *options)
{
    weft_memo *memo = weft__new_cache(heap, &weft_memo_type, options);
    if (memo == NULL)
        return NULL;
    memo->cache.table.same = is_same_call;
    memo->function = function;
    memo->context = context;
    return memo;
}

weft_memo *weft_memo_new(weft_heap *heap, weft_memo_fn *function, void *context)
{
    return weft_memo_new_cached(heap, function, context,
        &(weft_cache_options){ .budget = 0 });
}

size_t weft_memo_length(const weft_memo *memo)
{
    return check_memo(memo, "weft_memo_length") ? memo->cache.table.count : 0;
}

void weft_memo_clear(weft_memo *memo)
{
    if (check_memo(memo, "weft_memo_clear"))
        weft__clear_cache(&memo->cache);
}
