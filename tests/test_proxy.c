// SPDX-License-Identifier: MIT
//
// Proxies: they stand for their object, until it is gone.
#include "node.h"

struct account {
    int64_t balance;            // plain
    weft_string *owner;         // owned
};

static struct account *only;

static weft_status account_deposit(void *self, const weft_value *arguments,
    size_t count, weft_value *result)
{
    struct account *account = self;
    if (count != 1 || arguments[0].kind != WEFT_KIND_INT)
        return WEFT_TYPE_ERROR;
    weft_clear(&only);
    account->balance += arguments[0].as.integer;
    *result = weft_int(account->balance);
    return WEFT_OK;
}

static size_t account_length(const void *self)
{
    const struct account *account = self;
    return (size_t)account->balance;
}

static uint64_t account_hash(const void *self)
{
    const struct account *account = self;
    return (uint64_t)account->balance;
}

static bool account_equal(const void *self, const void *other);

static void account_dispose(void *self)
{
    (void)self;
    say("closed");
}

static weft_type account_type = {
    .name = "account", WEFT_SIZE(struct account), .length = account_length,
    .hash = account_hash, .equal = account_equal, .dispose = account_dispose,
    .fields = WEFT_FIELDS(WEFT_INT(struct account, balance),
        WEFT_STRING(struct account, owner)),
    .methods = WEFT_METHODS({ "deposit", account_deposit }) };

static bool account_equal(const void *self, const void *other)
{
    const struct account *a = self;
    const struct account *b = other;
    return weft_is(other, &account_type) && a->balance == b->balance;
}

WEFT_NEW_REF static struct account *account_new(weft_heap *heap,
    int64_t balance)
{
    struct account *account = weft_new(heap, &account_type);
    account->balance = balance;
    return account;
}

static void told(weft_ref *ref, void *context)
{
    CHECK_TRUE(weft_ref_is_dead(ref));
    say("%s", (const char *)context);
}

// Fields are read and written, methods called, through a living proxy.
static void forwards_to_its_object(weft_heap *heap)
{
    weft_auto(struct account) account = account_new(heap, 10);
    weft_auto(weft_ref) proxy = weft_proxy_new(account, NULL, NULL);
    weft_value value = weft_nil();
    weft_value argument = weft_int(5);
    size_t length = 0;
    CHECK_TRUE(weft_is(proxy, &weft_proxy_type));
    CHECK_EQ(weft_getattr(proxy, "balance", &value), WEFT_OK);
    CHECK_EQ(value.as.integer, 10);
    CHECK_EQ(weft_setattr(proxy, "balance", weft_int(20)), WEFT_OK);
    CHECK_EQ(account->balance, 20);
    CHECK_EQ(weft_setattr(proxy, "owner", weft_text("me")), WEFT_OK);
    CHECK_STR(weft_string_text(account->owner), "me");
    CHECK_EQ(weft_call(proxy, "deposit", &argument, 1, &value), WEFT_OK);
    CHECK_EQ(value.as.integer, 25);
    CHECK_EQ(weft_length(proxy, &length), WEFT_OK);
    CHECK_EQ(length, 25);
    CHECK_EQ(weft_refcount(account), 1);
    weft_clear(&account);
    forget_trace();
}

// What the object lacks the proxy lacks as well.
static void hist_h25_lacks_what_its_object_lacks(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(weft_ref) proxy = weft_proxy_new(node, NULL, NULL);
    weft_value value = weft_int(1);
    size_t length = 1;
    CHECK_EQ(weft_length(proxy, &length), WEFT_TYPE_ERROR);
    CHECK_EQ(weft_getattr(proxy, "nothing", &value), WEFT_ATTRIBUTE_ERROR);
    CHECK_EQ(weft_call(proxy, "deposit", NULL, 0, &value),
        WEFT_ATTRIBUTE_ERROR);
    CHECK_EQ(weft_setattr(proxy, "left", weft_nil()), WEFT_TYPE_ERROR);
}

// Once its object is gone everything answers REFERENCE, but for the hash, which
// it never had.
static void hist_h26_dead_one_answers_reference_error(weft_heap *heap)
{
    weft_auto(weft_ref) proxy = NULL;
    {
        weft_auto(struct account) account = account_new(heap, 10);
        proxy = weft_proxy_new(account, NULL, NULL);
    }
    CHECK_TRACE("closed");
    weft_value value = weft_int(1);
    size_t length = 1;
    uint64_t hash = 1;
    bool equal = true;
    CHECK_TRUE(weft_ref_is_dead(proxy));
    CHECK_EQ(weft_getattr(proxy, "balance", &value), WEFT_REFERENCE_ERROR);
    CHECK_EQ(value.kind, WEFT_KIND_NIL);
    CHECK_EQ(weft_setattr(proxy, "balance", weft_int(3)), WEFT_REFERENCE_ERROR);
    CHECK_EQ(weft_call(proxy, "deposit", NULL, 0, NULL), WEFT_REFERENCE_ERROR);
    CHECK_EQ(weft_length(proxy, &length), WEFT_REFERENCE_ERROR);
    CHECK_EQ(length, 0);
    CHECK_EQ(weft_hash(heap, weft_object(proxy), &hash), WEFT_TYPE_ERROR);
    CHECK_EQ(hash, 0);
    CHECK_EQ(weft_equal(weft_object(proxy), weft_int(1), &equal),
        WEFT_REFERENCE_ERROR);
    CHECK_FALSE(equal);
}

// A proxy has no hash, whether its object has one or not.
static void has_no_hash(weft_heap *heap)
{
    weft_auto(struct account) account = account_new(heap, 10);
    weft_auto(weft_ref) proxy = weft_proxy_new(account, NULL, NULL);
    uint64_t hash = 1;
    CHECK_EQ(weft_hash(heap, weft_object(account), &hash), WEFT_OK);
    CHECK_EQ(weft_hash(heap, weft_object(proxy), &hash), WEFT_TYPE_ERROR);
    CHECK_EQ(hash, 0);
    weft_clear(&account);
    forget_trace();
}

// It compares as its object does, on either side.
static void compares_as_its_object(weft_heap *heap)
{
    weft_auto(struct account) a = account_new(heap, 10);
    weft_auto(struct account) b = account_new(heap, 10);
    weft_auto(struct account) c = account_new(heap, 11);
    weft_auto(weft_ref) to_a = weft_proxy_new(a, NULL, NULL);
    weft_auto(weft_ref) to_b = weft_proxy_new(b, NULL, NULL);
    bool equal = false;
    CHECK_EQ(weft_equal(weft_object(to_a), weft_object(b), &equal), WEFT_OK);
    CHECK_TRUE(equal);
    CHECK_EQ(weft_equal(weft_object(b), weft_object(to_a), &equal), WEFT_OK);
    CHECK_TRUE(equal);
    CHECK_EQ(weft_equal(weft_object(to_b), weft_object(to_a), &equal), WEFT_OK);
    CHECK_TRUE(equal);
    CHECK_EQ(weft_equal(weft_object(to_a), weft_object(c), &equal), WEFT_OK);
    CHECK_FALSE(equal);
    CHECK_EQ(weft_refcount(a), 1);
    CHECK_EQ(weft_refcount(b), 1);
    weft_clear(&a), weft_clear(&b), weft_clear(&c);
    forget_trace();
}

// Two operands, one of them a dead proxy: an error, and counts are as before.
static void hist_h24_one_dead_operand_leaks_nothing(weft_heap *heap)
{
    weft_auto(struct account) account = account_new(heap, 10);
    weft_auto(weft_ref) alive = weft_proxy_new(account, NULL, NULL);
    struct account *gone = account_new(heap, 10);
    weft_auto(weft_ref) dead = weft_proxy_new(gone, NULL, NULL);
    weft_release(gone);
    const void *others[] = { account, alive, dead };
    for (size_t i = 0; i < 3; i++) {
        bool equal = true;
        CHECK_EQ(weft_equal(weft_object(dead), weft_object(others[i]), &equal),
            WEFT_REFERENCE_ERROR);
        CHECK_FALSE(equal);
        CHECK_EQ(weft_equal(weft_object(others[i]), weft_object(dead), &equal),
            WEFT_REFERENCE_ERROR);
    }
    CHECK_EQ(weft_refcount(account), 1);
    CHECK_EQ(weft_refcount(alive), 1);
    CHECK_EQ(weft_refcount(dead), 1);
    weft_clear(&account);
    forget_trace();
}

// The object is held while a call through the proxy runs, also when its last
// owner lets go meanwhile.
static void hist_h23_holds_its_object_during_calls(weft_heap *heap)
{
    only = account_new(heap, 10);
    weft_auto(weft_ref) proxy = weft_proxy_new(only, told, "told");
    weft_value argument = weft_int(7);
    weft_value result = weft_nil();
    CHECK_EQ(weft_call(proxy, "deposit", &argument, 1, &result), WEFT_OK);
    CHECK_EQ(result.as.integer, 17);
    CHECK_TRACE("told closed");
    CHECK_TRUE(weft_ref_is_dead(proxy));
}

// Without a callback there is one proxy an object, apart from its ref.
static void plain_ones_are_shared(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(weft_ref) first = weft_proxy_new(node, NULL, NULL);
    weft_auto(weft_ref) ref = weft_ref_new(node, NULL, NULL);
    weft_auto(weft_ref) second = weft_proxy_new(node, NULL, NULL);
    weft_auto(weft_ref) third = weft_proxy_new(node, told, "x");
    CHECK_SAME(first, second);
    CHECK_TRUE(first != ref && third != first);
    CHECK_EQ(weft_weakref_count(node), 3);
    weft_clear(&node);
    CHECK_TRACE("x");
}

// A proxy can be asked as a ref is.
static void is_a_kind_of_ref(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    weft_auto(weft_ref) proxy = weft_proxy_new(node, told, "told");
    struct node *found = weft_ref_get(proxy);
    CHECK_SAME(found, node);
    CHECK_TRUE(weft_ref_callback(proxy) == told);
    weft_release(found);
    weft_release(node);
    CHECK_TRACE("told");
    CHECK_NULL(weft_ref_get(proxy));
}

// A proxy of a proxy forwards twice.
static void stands_for_a_proxy(weft_heap *heap)
{
    weft_auto(struct account) account = account_new(heap, 10);
    weft_auto(weft_ref) inner = weft_proxy_new(account, NULL, NULL);
    weft_auto(weft_ref) outer = weft_proxy_new(inner, NULL, NULL);
    weft_value value = weft_nil();
    CHECK_TRUE(inner != outer);
    CHECK_EQ(weft_getattr(outer, "balance", &value), WEFT_OK);
    CHECK_EQ(value.as.integer, 10);
    weft_clear(&account);
    CHECK_EQ(weft_getattr(outer, "balance", &value), WEFT_REFERENCE_ERROR);
    forget_trace();
}

struct named_proxy {
    weft_ref ref;               // what it extends
    int number;                 // its own
};

static weft_type named_proxy_type = {
    .name = "named_proxy", WEFT_SIZE(struct named_proxy),
    .base = &weft_proxy_type };

// Proxies can be extended as refs can, and still forward.
static void can_be_extended(weft_heap *heap)
{
    weft_auto(struct account) account = account_new(heap, 10);
    weft_auto(struct node) kept = loud_new(heap, "k");
    weft_auto(weft_ref) proxy = weft_ref_new_as(&named_proxy_type, account,
        NULL, kept);
    CHECK_TRUE(weft_is(proxy, &weft_proxy_type));
    ((struct named_proxy *)proxy)->number = 5;
    weft_value value = weft_nil();
    CHECK_EQ(weft_getattr(proxy, "balance", &value), WEFT_OK);
    CHECK_EQ(value.as.integer, 10);
    weft_clear(&kept);
    CHECK_TRACE("");
    weft_clear(&proxy);
    CHECK_TRACE("~k k.");
    weft_clear(&account);
    forget_trace();
}

static struct node *asked;
static weft_ref *late_ref;
static weft_ref *late_proxy;

static void ask_again(weft_ref *ref, void *context)
{
    (void)ref, (void)context;
    late_ref = weft_ref_new(asked, NULL, NULL);
    late_proxy = weft_proxy_new(asked, NULL, NULL);
}

// While the shared ref dies a new one is made, but the shared proxy is found.
static void dying_ref_hides_no_proxy(weft_heap *heap)
{
    asked = plain_new(heap);
    weft_auto(weft_ref) proxy = weft_proxy_new(asked, NULL, NULL);
    weft_ref *ref = weft_ref_new(asked, NULL, NULL);
    weft_auto(weft_ref) watcher = weft_ref_new(ref, ask_again, NULL);
    weft_release(ref);
    CHECK_TRUE(weft_ref_is_dead(watcher));
    CHECK_SAME(late_proxy, proxy);
    weft_auto(weft_ref) third = weft_proxy_new(asked, NULL, NULL);
    CHECK_SAME(third, proxy);
    weft_auto(weft_ref) second = weft_ref_new(asked, NULL, NULL);
    CHECK_SAME(second, late_ref);
    CHECK_EQ(weft_weakref_count(asked), 2);
    CHECK_TRUE(weft_heap_verify(heap));
    weft_clear(&late_ref);
    weft_clear(&late_proxy);
    weft_clear(&asked);
    CHECK_TRUE(weft_ref_is_dead(proxy));
}

TESTS(RUN(forwards_to_its_object), RUN(hist_h25_lacks_what_its_object_lacks),
    RUN(hist_h26_dead_one_answers_reference_error), RUN(has_no_hash),
    RUN(compares_as_its_object), RUN(hist_h24_one_dead_operand_leaks_nothing),
    RUN(hist_h23_holds_its_object_during_calls), RUN(plain_ones_are_shared),
    RUN(is_a_kind_of_ref), RUN(stands_for_a_proxy), RUN(can_be_extended),
    RUN(dying_ref_hides_no_proxy))
