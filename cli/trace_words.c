// SPDX-License-Identifier: MIT
//
// Results of many words: they are put behind each other as they come, with
// blanks between them, in memory that the operation has until it is over.
#include "trace.h"

#include <stdlib.h>
#include <string.h>

static void append(struct trace_step *step, const char *text)
{
    size_t size = strlen(text);
    if (step->list_length + size >= step->list_room) {
        size_t room = (step->list_length + size + 1) * 2;
        char *grown = realloc(step->list, room);
        if (grown == NULL) {
            trace_out_of_memory(step);
            return;
        }
        step->list = grown;
        step->list_room = room;
    }
    memcpy(step->list + step->list_length, text, size + 1);
    step->list_length += size;
}

void trace_list_word(struct trace_step *step, const char *word)
{
    if (step->list != NULL)
        append(step, " ");
    append(step, word);
}

void trace_list_pair(struct trace_step *step, const char *key,
    const char *value)
{
    trace_list_word(step, key);
    append(step, "=");
    append(step, value);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void trace_list_sorted(struct trace_step *step, const char **words,
    size_t count)
{
    qsort(words, count, sizeof(words[0]), compare_texts);
    for (size_t i = 0; i < count; i++)
        trace_list_word(step, words[i]);
}

void trace_answer_list(struct trace_step *step)
{
    trace_answer(step, step->list == NULL ? "none" : step->list);
}
