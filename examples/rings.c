// SPDX-License-Identifier: MIT
//
// An author who holds a book that holds its author: objects of two types in a
// ring. Nobody else knows them any more, but their counts never fall to zero.
// Such rings are the collector's business. It finds them by itself, in passing;
// here it is also called by hand, to see what it does. If books refer to their
// authors weakly there is no ring, and both are gone at once: that is still the
// best there is, where it fits.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

struct author {
    const char *name;           // plain
    struct book *book;          // strong
};

struct book {
    const char *title;          // plain
    struct author *author;      // strong: the way back, ...
    weft_weak weak_author;      // weak: ... or this instead
};

static void author_dispose(void *self)
{
    const struct author *author = self;
    if (author->name != NULL)
        printf("  goodbye, %s\n", author->name);
}

static weft_type author_type = {
    .name = "author", WEFT_SIZE(struct author),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct author, name),
        WEFT_STRONG(struct author, book)),
    .dispose = author_dispose };

static weft_type book_type = {
    .name = "book", WEFT_SIZE(struct book),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct book, title),
        WEFT_STRONG(struct book, author),
        WEFT_WEAK(struct book, weak_author)) };

// Without a name an author goes quietly.
WEFT_NEW_REF static struct author *author_new(weft_heap *heap,
    const char *name, const char *title)
{
    struct author *author = weft_new(heap, &author_type);
    struct book *book = weft_new(heap, &book_type);
    if (author == NULL || book == NULL)
        exit(EXIT_FAILURE);
    author->name = name;
    book->title = title;
    weft_set_steal(&author->book, book);
    return author;
}

// Nothing but rings, and nobody who asks for a collection.
static void make_many(weft_heap *heap, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct author *author = author_new(heap, NULL, NULL);
        weft_set(&author->book->author, author);
        weft_release(author);
    }
}

static size_t living(const weft_heap *heap)
{
    return weft_heap_get_stats(heap).objects;
}

int main(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    if (heap == NULL)
        return EXIT_FAILURE;

    printf("author and book hold each other:\n");
    struct author *author = author_new(heap, "Melville", "Moby-Dick");
    weft_set(&author->book->author, author);
    weft_release(author);
    printf("  released, still there: %zu\n", living(heap));
    printf("collecting:\n");
    size_t collected = weft_gc_collect(heap, WEFT_FULL);
    printf("  collected: %zu, still there: %zu\n", collected, living(heap));

    printf("the book refers to its author weakly:\n");
    author = author_new(heap, "Shelley", "Frankenstein");
    author->book->weak_author = weft_weak_of(author);
    weft_release(author);
    printf("  released, still there: %zu\n", living(heap));
    printf("  collected: %zu\n", weft_gc_collect(heap, WEFT_FULL));

    printf("a reader keeps the book, not its author:\n");
    author = author_new(heap, "Homer", "Odyssey");
    author->book->weak_author = weft_weak_of(author);
    struct book *book = weft_retain(author->book);
    weft_release(author);
    printf("  the author of %s is %s\n", book->title,
        weft_weak_is_dead(book->weak_author) ? "gone" : "there");
    weft_release(book);

    printf("a hundred thousand rings:\n");
    make_many(heap, 100000);
    printf("  nearly all are gone by themselves: %s\n",
        living(heap) < 10000 ? "yes" : "no");
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
