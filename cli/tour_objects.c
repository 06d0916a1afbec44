// SPDX-License-Identifier: MIT
//
// The tour, first part: objects, who holds them, how they die.
#include "tour.h"

// ---------------------------------------------------------------------------
// counting, and handles

SHOW_GLOBAL(node_code,
    struct node {
        const char *name;
        struct node *left;
        struct node *right;
    };)

SHOW_GLOBAL(node_dispose_code,
    static void node_dispose(void *self)
    {
        struct node *node = self;
        say("%s is gone", node->name);
    })

SHOW_GLOBAL(node_type_code,
    static weft_type node_type = {
        .name = "node", WEFT_SIZE(struct node),
        .fields = WEFT_FIELDS(WEFT_CSTRING(struct node, name),
            WEFT_STRONG(struct node, left), WEFT_STRONG(struct node, right)),
        .dispose = node_dispose };)

SHOW_GLOBAL(node_new_code,
    WEFT_NEW_REF static struct node *node_new(weft_heap *heap, const char *name)
    {
        struct node *node = weft_new(heap, &node_type);
        if (node != NULL)
            node->name = name;
        return node;
    })

void tour_counting(void)
{
    tour_explain("An object is a struct of your own. Its type says what it "
        "holds: nothing else is needed to make it and to take it apart.");
    tour_global(node_code);
    tour_global(node_dispose_code);
    tour_global(node_type_code);
    tour_global(node_new_code);
    tour_explain("It is counted. Whoever needs it holds a reference; what "
        "weft_new() returns is the first. When the last one goes the object "
        "dies, and what only it held dies with it, all before weft_release() "
        "returns.");
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(struct node *root = node_new(heap, "root");)
    tour_need(root);
    TELL(weft_refcount(root), 1);
    SHOW(struct node *mine = weft_retain(root);)
    TELL(weft_refcount(root), 2);
    SHOW(weft_release(mine);)
    TELL(weft_refcount(root), 1);

    tour_explain("weft_set() keeps what it stores, weft_set_steal() takes over "
        "the reference you have; both let go of what was there before.");
    SHOW(weft_set_steal(&root->left, node_new(heap, "leaf"));)
    tour_need(root->left);
    SHOW(weft_set(&root->right, root->left);)
    TELL(weft_refcount(root->right), 2);
    SHOW(weft_clear(&root->left);)
    TELL(weft_refcount(root->right), 1);
    tour_expect_said("");
    SHOW(weft_release(root);)
    tour_expect_said("leaf is gone; root is gone; ");
    tour_explain("Closing a heap returns how many objects were still held.");
    TELL(weft_heap_close(heap), 0);
}

void tour_handles(void)
{
    tour_explain("A weak reference does not keep its object alive. In weft it "
        "is a value of eight bytes: copy it, forget it, there is nothing to "
        "free. Ask it for the object and you get a new reference, or NULL.");
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(struct node *oak = node_new(heap, "oak");)
    tour_need(oak);
    SHOW(weft_weak seen = weft_weak_of(oak);)
    TELL(sizeof(seen), 8);
    TELL(weft_refcount(oak), 1);
    SHOW(struct node *found = weft_weak_get(seen);)
    TELL(found->name, "oak");
    TELL(weft_refcount(oak), 2);
    SHOW(weft_release(found);)
    SHOW(weft_weak copy = seen;)
    TELL(weft_weak_is_same(copy, seen), true);

    tour_explain("The object dies, and all its handles with it. They stay safe "
        "to ask for ever, even when its memory is already another object's.");
    SHOW(uintptr_t place = (uintptr_t)oak;)
    SHOW(weft_release(oak);)
    tour_expect_said("oak is gone; ");
    TELL(weft_weak_is_dead(copy), true);
    SHOW(struct node *elm = node_new(heap, "elm");)
    tour_need(elm);
    TELL_ANY((uintptr_t)elm == place);
    TELL(weft_weak_get(seen), NULL);
    TELL(weft_weak_is_same(seen, weft_weak_of(elm)), false);
    SHOW(weft_release(elm);)
    tour_expect_said("elm is gone; ");
    TELL(weft_heap_close(heap), 0);
    TELL(weft_weak_is_dead(seen), true);
}

// ---------------------------------------------------------------------------
// death

SHOW_GLOBAL(house_code,
    struct house {
        struct node *door;
        weft_weak self;
    };)

SHOW_GLOBAL(house_finalize_code,
    static void house_finalize(void *self)
    {
        struct house *house = self;
        struct house *found = weft_weak_get(house->self);
        say("finalize: the handle finds it: %s", found != NULL ? "yes" : "no");
        weft_release(found);
    })

SHOW_GLOBAL(house_gone_code,
    static void house_gone(weft_ref *ref, void *context)
    {
        (void)context;
        say("callback: the ref is dead: %s",
            weft_ref_is_dead(ref) ? "yes" : "no");
    })

SHOW_GLOBAL(house_dispose_code,
    static void house_dispose(void *self)
    {
        struct house *house = self;
        say("dispose: the door is %s", house->door == NULL ? "NULL" : "there");
    })

static weft_type house_type = {
    .name = "house", WEFT_SIZE(struct house),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct house, door),
        WEFT_WEAK(struct house, self)),
    .finalize = house_finalize, .dispose = house_dispose };

void tour_death(void)
{
    tour_explain("An object dies in a fixed order, the one of Python: its "
        "finalizer, all weak references at once, callbacks, fields, memory.");
    tour_global(house_code);
    tour_global(house_finalize_code);
    tour_global(house_gone_code);
    tour_global(house_dispose_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(struct house *house = weft_new(heap, &house_type);)
    tour_need(house);
    SHOW(weft_set_steal(&house->door, node_new(heap, "the door"));)
    tour_need(house->door);
    SHOW(house->self = weft_weak_of(house);)
    SHOW(weft_ref *ref = weft_ref_new(house, house_gone, NULL);)
    tour_need(ref);
    tour_expect_said("");
    SHOW(weft_release(house);)
    tour_expect_said("finalize: the handle finds it: yes; "
        "callback: the ref is dead: yes; the door is gone; "
        "dispose: the door is NULL; ");
    SHOW(weft_release(ref);)
    TELL(weft_heap_close(heap), 0);
}

// ---------------------------------------------------------------------------
// resurrection

SHOW_GLOBAL(cat_code,
    struct cat {
        int64_t lives;
    };)

SHOW_GLOBAL(rescued_code,
    static struct cat *rescued;)

SHOW_GLOBAL(cat_finalize_code,
    static void cat_finalize(void *self)
    {
        struct cat *cat = self;
        cat->lives--;
        say("finalize: %d lives left", (int)cat->lives);
        weft_set(&rescued, cat);
    })

static void cat_dispose(void *self)
{
    (void)self;
    say("the cat is gone");
}

static weft_type cat_type = {
    .name = "cat", WEFT_SIZE(struct cat),
    .fields = WEFT_FIELDS(WEFT_INT(struct cat, lives)),
    .finalize = cat_finalize, .dispose = cat_dispose };

void tour_resurrection(void)
{
    tour_explain("A finalizer runs on a whole object. If it stores the object "
        "somewhere, the object lives on as if nothing had happened, and weak "
        "references to it still work. It runs once in an object's life.");
    tour_global(cat_code);
    tour_global(rescued_code);
    tour_global(cat_finalize_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(struct cat *cat = weft_new(heap, &cat_type);)
    tour_need(cat);
    SHOW(cat->lives = 9;)
    SHOW(weft_weak seen = weft_weak_of(cat);)
    SHOW(weft_release(cat);)
    tour_expect_said("finalize: 8 lives left; ");
    TELL(rescued == NULL, false);
    TELL(weft_refcount(rescued), 1);
    TELL(weft_weak_is_dead(seen), false);
    tour_explain("The second time it just dies.");
    SHOW(weft_clear(&rescued);)
    tour_expect_said("the cat is gone; ");
    TELL(weft_weak_is_dead(seen), true);
    TELL(weft_heap_close(heap), 0);
}
