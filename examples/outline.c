// SPDX-License-Identifier: MIT
//
// The outline of a book, as an editor has it: chapters are moved about, cut out
// and pasted elsewhere. A weft_tree holds its children and knows its parent
// weakly. So what is moved takes along all that is below it, what is cut out
// lives in the clipboard, and with the book goes what nobody else holds.
#include <weft_pattern.h>

#include <stdio.h>
#include <stdlib.h>

WEFT_NEW_REF static void *need(void *object)
{
    if (object == NULL)
        exit(EXIT_FAILURE);
    return object;
}

static void check(weft_status status)
{
    if (status != WEFT_OK)
        exit(EXIT_FAILURE);
}

// A new last heading below `parent`, which holds it; borrowed.
static weft_tree *add_heading(weft_tree *parent, const char *text)
{
    weft_auto(weft_tree) heading = need(weft_tree_new(weft_heap_of(parent),
        weft_text(text)));
    check(weft_tree_add(parent, heading));
    return heading;
}

static void print_text(const weft_tree *heading)
{
    weft_auto_value text = weft_tree_value(heading);
    printf("%s\n", weft_value_text(text));
}

static void print_outline(const weft_tree *tree, int depth)
{
    printf("  %*s", depth * 2, "");
    print_text(tree);
    for (size_t i = 0; i < weft_tree_length(tree); i++) {
        weft_auto(weft_tree) child = weft_tree_child(tree, i);
        print_outline(child, depth + 1);
    }
}

static void print_path(const weft_tree *tree)
{
    weft_auto(weft_list) path = need(weft_tree_path(tree));
    weft_each(step, path)
        printf("%s%s", step.key.as.integer == 0 ? "  " : " > ",
            weft_value_text(step.value));
    printf("\n");
}

int main(void)
{
    weft_heap *heap = need(weft_heap_open(NULL));
    weft_tree *book = need(weft_tree_new(heap, weft_text("The Sea")));
    weft_tree *ships = add_heading(book, "Ships");
    weft_tree *sails = add_heading(ships, "Sails");
    weft_tree *knots = add_heading(sails, "Knots");
    weft_tree *fish = add_heading(book, "Fish");
    weft_tree *whales = add_heading(fish, "Whales");
    print_outline(book, 0);
    print_path(knots);

    printf("sails become a chapter of their own, the first:\n");
    check(weft_tree_insert(book, 0, sails));
    print_outline(book, 0);
    print_path(knots);

    printf("a chapter below its own section:\n");
    weft_status status = weft_tree_add(knots, sails);
    printf("  %s, and nothing has changed\n", weft_status_name(status));

    // The outline holds it no more; the clipboard does.
    printf("whales are no fish, and are cut out:\n");
    weft_tree *clipboard = weft_retain(whales);
    printf("  was in the outline: %s\n",
        weft_tree_remove(whales) ? "yes" : "no");
    print_path(clipboard);
    printf("pasted:\n");
    check(weft_tree_add(book, clipboard));
    print_path(clipboard);

    printf("the book is closed, the clipboard is still there:\n");
    weft_weak seen = weft_weak_of(fish);
    weft_release(book);
    weft_auto(weft_tree) parent = weft_tree_parent(clipboard);
    printf("  the fish are %s, above the whales is %s\n",
        weft_weak_is_dead(seen) ? "gone" : "there",
        parent == NULL ? "nothing" : "something");
    weft_auto(weft_string) text = need(weft_repr(heap, weft_object(clipboard)));
    printf("  %s\n", weft_string_text(text));

    weft_clear(&text);
    weft_release(clipboard);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
