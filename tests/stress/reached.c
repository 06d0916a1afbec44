// SPDX-License-Identifier: MIT
//
// Tables in a walk. The key of a weak-value dictionary is reached when the
// dictionary is, the value of a weak-key dictionary when its key is, too. Where
// the object may be garbage the table is asked whether the entry is still
// there. Busy tables are read.
#include "tables.h"

static struct {
    uint32_t *numbers;          // of the tables that were reached
    uint32_t count, room;
} reached;

void begin_tables(void)
{
    reached.count = 0;
}

void reach_table(uint32_t number)
{
    if (reached.count == reached.room) {
        reached.room = reached.room * 2 + 8;
        reached.numbers = realloc(reached.numbers,
            reached.room * sizeof(uint32_t));
        if (reached.numbers == NULL)
            abort();
    }
    reached.numbers[reached.count++] = number;
}

static bool is_there(uint32_t number, struct item item)
{
    uint32_t at = 0;
    const struct weakentry *entry;
    fading = true;
    while ((entry = next_entry(table_at(number), &at)) != NULL)
        if (is_that(item, entry))
            return true;
    return false;
}

static bool reach_items(uint32_t number)
{
    struct contents *contents = contents_of(number);
    bool any = false;
    for (uint32_t i = 0; i < contents->count; i++) {
        struct item *item = &contents->items[i];
        bool sure = is_marked(item->target);
        if (item->mark == world.walk || item->number == 0
                || (!sure && !is_by_payload(number))
                || ((!sure || is_doubtful(*item)) && !is_there(number, *item)))
            continue;
        item->mark = world.walk;
        reach(item->number, true);
        any = true;
    }
    return any;
}

static bool reach_entries(uint32_t number)
{
    uint32_t at = 0;
    const struct weakentry *entry;
    bool any = false;
    fading = true;
    while ((entry = next_entry(table_at(number), &at)) != NULL) {
        uint32_t payload = item_of(entry_payload(entry), 0).number;
        if (payload == 0 || is_marked(payload) || (!is_by_payload(number)
                && !is_marked(number_of_object(entry_object(entry)))))
            continue;
        reach(payload, false);
        any = true;
    }
    return any;
}

bool reach_contents(void)
{
    bool any = false;
    for (uint32_t i = 0; i < reached.count; i++)
        any = (contents_of(reached.numbers[i])->busy > 0
            ? reach_entries(reached.numbers[i])
            : reach_items(reached.numbers[i])) || any;
    return any;
}
