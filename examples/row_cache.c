// SPDX-License-Identifier: MIT
//
// A cache in front of a database (SQLite). It does two things. It keeps the
// rows that are used, as many as there is room for, and gives back memory when
// asked. And it sees to it that a row is one object in the program: a row that
// somebody still has is found, also when the cache has let go of it long since.
// So nobody works with an old copy, and a change is seen by all who have it.
#include <weft_pattern.h>

#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>

enum { CITIES = 1000, ROOM = 20 };

struct city {
    int64_t id;
    weft_string *name;          // strong
};

struct store {
    weft_heap *heap;            // where cities are made
    sqlite3 *database;
    sqlite3_stmt *select;       // by id
    sqlite3_stmt *update;       // name, by id
    weft_cache *cities;         // strong: by id
    size_t queries;
};

static weft_type city_type = {
    .name = "city", WEFT_SIZE(struct city),
    .fields = WEFT_FIELDS(WEFT_INT(struct city, id),
        WEFT_STRING(struct city, name)) };

static void check(bool is_good)
{
    if (!is_good)
        exit(EXIT_FAILURE);
}

// NULL: there is no such row, which is not remembered.
static void *city_load(weft_value key, void *context)
{
    struct store *store = context;
    struct city *city = NULL;
    store->queries++;
    check(sqlite3_bind_int64(store->select, 1, key.as.integer) == SQLITE_OK);
    if (sqlite3_step(store->select) == SQLITE_ROW) {
        city = weft_new(store->heap, &city_type);
        check(city != NULL);
        city->id = key.as.integer;
        city->name = weft_string_new(store->heap,
            (const char *)sqlite3_column_text(store->select, 0));
        check(city->name != NULL);
    }
    check(sqlite3_reset(store->select) == SQLITE_OK);
    return city;
}

WEFT_NEW_REF static struct city *store_get(struct store *store, int64_t id)
{
    return weft_cache_get_or_create(store->cities, weft_int(id), city_load,
        store);
}

// In the database, and for everybody who has this city.
static void store_rename(struct store *store, int64_t id, const char *name)
{
    weft_auto(struct city) city = store_get(store, id);
    check(city != NULL);
    check(sqlite3_bind_text(store->update, 1, name, -1, SQLITE_TRANSIENT)
        == SQLITE_OK);
    check(sqlite3_bind_int64(store->update, 2, id) == SQLITE_OK);
    check(sqlite3_step(store->update) == SQLITE_DONE);
    check(sqlite3_reset(store->update) == SQLITE_OK);
    weft_set_steal(&city->name, weft_string_new(store->heap, name));
    check(city->name != NULL);
}

static size_t cost_of_one(const void *object, void *context)
{
    (void)object;
    (void)context;
    return 1;
}

static void store_open(struct store *store)
{
    char fill[200];
    snprintf(fill, sizeof(fill), "CREATE TABLE city(id PRIMARY KEY, name);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT"
        " %d) INSERT INTO city SELECT i, 'city ' || i FROM n", CITIES);
    check(sqlite3_open(":memory:", &store->database) == SQLITE_OK);
    check(sqlite3_exec(store->database, fill, NULL, NULL, NULL) == SQLITE_OK);
    check(sqlite3_prepare_v2(store->database, "SELECT name FROM city"
        " WHERE id = ?", -1, &store->select, NULL) == SQLITE_OK);
    check(sqlite3_prepare_v2(store->database, "UPDATE city SET name = ?"
        " WHERE id = ?", -1, &store->update, NULL) == SQLITE_OK);
    weft_cache_options options = { .budget = ROOM, .cost = cost_of_one };
    store->cities = weft_cache_new(store->heap, &options);
    check(store->cities != NULL);
}

static void store_close(struct store *store)
{
    weft_release(store->cities);
    sqlite3_finalize(store->select);
    sqlite3_finalize(store->update);
    check(sqlite3_close(store->database) == SQLITE_OK);
}

static void print_store(const struct store *store)
{
    weft_cache_stats stats = weft_cache_get_stats(store->cities);
    printf("  queries: %zu, kept: %zu, found: %zu\n", store->queries,
        stats.kept, stats.watched);
}

int main(void)
{
    struct store store = { .heap = weft_heap_open(NULL) };
    check(store.heap != NULL);
    store_open(&store);

    printf("city 7, twice:\n");
    struct city *seven = store_get(&store, 7);
    struct city *same = store_get(&store, 7);
    check(seven != NULL);
    printf("  the same object: %s\n", seven == same ? "yes" : "no");
    weft_release(same);
    print_store(&store);

    printf("all %d cities, one after the other:\n", CITIES);
    for (int64_t id = 1; id <= CITIES; id++)
        weft_release(store_get(&store, id));
    printf("  queries: %zu, no more than %d kept: %s\n", store.queries, ROOM,
        weft_cache_get_stats(store.cities).kept <= ROOM ? "yes" : "no");

    printf("memory is short:\n");
    weft_cache_trim(store.cities, 0);
    print_store(&store);
    printf("city 7 is renamed:\n");
    store_rename(&store, 7, "Seven Oaks");
    printf("  ours is %s\n", weft_string_text(seven->name));
    print_store(&store);

    printf("nobody has it, neither has the cache:\n");
    weft_release(seven);
    weft_cache_trim(store.cities, 0);
    print_store(&store);
    seven = store_get(&store, 7);
    check(seven != NULL);
    printf("  the database says %s\n", weft_string_text(seven->name));
    weft_release(seven);
    same = store_get(&store, CITIES + 1);
    printf("a city that is not there: %s\n", same == NULL ? "NULL" : "?");
    print_store(&store);

    store_close(&store);
    printf("still held: %zu\n", weft_heap_close(store.heap));
    return EXIT_SUCCESS;
}
