// SPDX-License-Identifier: MIT
//
// What a program knows of objects that are not its own. The sockets belong to a
// library, and have no field for the traffic that a monitor counts. So the
// monitor has a dictionary with weak keys: what it knows of a socket goes with
// the socket, and keeps none open.
//
// A record may even hold the socket it is about. That is a ring, through the
// dictionary; but an entry keeps its value only as long as its key lives
// without it. So the collector frees both. (Python's WeakKeyDictionary keeps
// such a pair for as long as it lives itself.)
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

// ---- the library's

struct socket {
    const char *peer;           // plain
};

static void socket_dispose(void *self)
{
    const struct socket *socket = self;
    printf("  %s is closed\n", socket->peer);
}

static weft_type socket_type = {
    .name = "socket", WEFT_SIZE(struct socket),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct socket, peer)),
    .dispose = socket_dispose };

WEFT_NEW_REF static struct socket *socket_open(weft_heap *heap,
    const char *peer)
{
    struct socket *socket = weft_new(heap, &socket_type);
    if (socket == NULL)
        exit(EXIT_FAILURE);
    socket->peer = peer;
    return socket;
}

// ---- the monitor's

struct traffic {
    size_t bytes;
    struct socket *alarm;       // strong: the socket itself, if it is to be
};                              // watched closely

static weft_type traffic_type = {
    .name = "traffic", WEFT_SIZE(struct traffic),
    .fields = WEFT_FIELDS(WEFT_UINT(struct traffic, bytes),
        WEFT_STRONG(struct traffic, alarm)) };

WEFT_NEW_REF static void *traffic_new(weft_value key, void *context)
{
    (void)context;
    return weft_new(weft_heap_of(weft_value_object(key)), &traffic_type);
}

// What is known of the socket, in a new record if nothing is yet.
WEFT_NEW_REF static struct traffic *traffic_of(weft_weakkeydict *monitor,
    const struct socket *socket)
{
    struct traffic *traffic = weft_weakkeydict_get_or_create(monitor, socket,
        traffic_new, NULL);
    if (traffic == NULL)
        exit(EXIT_FAILURE);
    return traffic;
}

static void count_bytes(weft_weakkeydict *monitor, const struct socket *socket,
    size_t bytes)
{
    weft_auto(struct traffic) traffic = traffic_of(monitor, socket);
    traffic->bytes += bytes;
}

static void watch_closely(weft_weakkeydict *monitor, struct socket *socket)
{
    weft_auto(struct traffic) traffic = traffic_of(monitor, socket);
    weft_set(&traffic->alarm, socket);
}

static void print_all(weft_weakkeydict *monitor)
{
    weft_each(it, monitor) {
        const struct socket *socket = weft_value_object(it.key);
        const struct traffic *traffic = it.object;
        printf("  %s: %zu bytes%s\n", socket->peer, traffic->bytes,
            traffic->alarm != NULL ? ", watched closely" : "");
    }
    printf("  records: %zu\n", weft_weakkeydict_length(monitor));
}

int main(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    if (heap == NULL)
        return EXIT_FAILURE;
    weft_weakkeydict *monitor = weft_weakkeydict_new(heap, WEFT_BY_IDENTITY);
    if (monitor == NULL)
        return EXIT_FAILURE;
    struct socket *web = socket_open(heap, "web");
    struct socket *mail = socket_open(heap, "mail");
    struct socket *news = socket_open(heap, "news");
    count_bytes(monitor, web, 1200);
    count_bytes(monitor, mail, 300);
    count_bytes(monitor, web, 800);
    count_bytes(monitor, news, 50);
    watch_closely(monitor, mail);
    printf("three sockets:\n");
    print_all(monitor);

    printf("news is not needed any more:\n");
    weft_release(news);
    print_all(monitor);
    printf("nor is mail, but for its own record:\n");
    weft_release(mail);
    print_all(monitor);
    printf("that does not count for the collector:\n");
    printf("  collected: %zu\n", weft_gc_collect(heap, WEFT_FULL));
    print_all(monitor);

    weft_release(web);
    weft_release(monitor);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
