// SPDX-License-Identifier: MIT
//
// A plugin talks to its host's object through a proxy. It knows the fields and
// methods by name, not the struct, and cannot keep the object alive. Once the
// host lets the object go every call says WEFT_REFERENCE_ERROR.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

struct account {
    weft_string *owner;         // strong
    int64_t cents;
};

// deposit(cents) returns the new balance.
static weft_status account_deposit(void *self, const weft_value *arguments,
    size_t count, weft_value *result)
{
    struct account *account = self;
    if (count != 1 || arguments[0].kind != WEFT_KIND_INT)
        return WEFT_TYPE_ERROR;
    if (arguments[0].as.integer <= 0)
        return WEFT_VALUE_ERROR;
    account->cents += arguments[0].as.integer;
    *result = weft_int(account->cents);
    return WEFT_OK;
}

static weft_type account_type = {
    .name = "account", WEFT_SIZE(struct account),
    .fields = WEFT_FIELDS(WEFT_STRING(struct account, owner),
        WEFT_INT(struct account, cents)),
    .methods = WEFT_METHODS({ "deposit", account_deposit }) };

WEFT_NEW_REF static struct account *account_new(weft_heap *heap,
    const char *owner)
{
    struct account *account = weft_new(heap, &account_type);
    if (account == NULL)
        return NULL;
    account->owner = weft_string_new(heap, owner);
    if (account->owner == NULL)
        weft_clear(&account);
    return account;
}

// What the plugin does. It is written without knowing `struct account`.
static void plugin_look(weft_ref *account)
{
    weft_auto_value owner = weft_nil();
    weft_auto_value cents = weft_nil();
    weft_status status = weft_getattr(account, "owner", &owner);
    if (status == WEFT_OK)
        status = weft_getattr(account, "cents", &cents);
    if (status == WEFT_OK)
        printf("  %s has %lld cents\n", weft_value_text(owner),
            (long long)cents.as.integer);
    else
        printf("  cannot look: %s\n", weft_status_name(status));
}

static void plugin_deposit(weft_ref *account, weft_value amount)
{
    weft_auto_value balance = weft_nil();
    weft_status status = weft_call(account, "deposit", &amount, 1, &balance);
    if (status == WEFT_OK)
        printf("  deposited, now %lld cents\n",
            (long long)balance.as.integer);
    else
        printf("  cannot deposit: %s\n", weft_status_name(status));
}

int main(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    if (heap == NULL)
        return EXIT_FAILURE;
    struct account *account = account_new(heap, "Ada");
    if (account == NULL)
        return EXIT_FAILURE;
    weft_ref *proxy = weft_proxy_new(account, NULL, NULL);
    if (proxy == NULL)
        return EXIT_FAILURE;

    printf("while the account is there:\n");
    plugin_look(proxy);
    plugin_deposit(proxy, weft_int(250));
    plugin_deposit(proxy, weft_int(-1));
    plugin_deposit(proxy, weft_text("a lot"));
    printf("  renaming: %s\n", weft_status_name(
        weft_setattr(proxy, "owner", weft_text("Ada Lovelace"))));
    plugin_look(proxy);
    printf("  no such field: %s\n",
        weft_status_name(weft_getattr(proxy, "password", NULL)));

    printf("once the host has let it go:\n");
    weft_release(account);
    plugin_look(proxy);
    plugin_deposit(proxy, weft_int(1));

    weft_release(proxy);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
