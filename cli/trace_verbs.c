// SPDX-License-Identifier: MIT
//
// The table of all operations there are: what each is called, how many words
// it takes, where it may stand, and which layer of the library it needs. Those
// of layers that are not there yet are listed too, so that a program that uses
// them is told so, and not that it is misspelt.
#include "trace.h"

#include <string.h>

static const struct trace_verb verbs[] = {
    { "new", trace_op_new, TRACE_HERE, TRACE_ANYWHERE, 2, 3 },
    { "ondel", trace_op_ondel, TRACE_HERE, TRACE_TOP_ONLY, 1, 1 },
    { "oncall", trace_op_oncall, TRACE_HERE, TRACE_TOP_ONLY, 1, 1 },
    { "set", trace_op_set, TRACE_HERE, TRACE_ANYWHERE, 3, 3 },
    { "get", trace_op_get, TRACE_HERE, TRACE_ANYWHERE, 3, 3 },
    { "mov", trace_op_mov, TRACE_HERE, TRACE_ANYWHERE, 2, 2 },
    { "drop", trace_op_drop, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "rc", trace_op_rc, TRACE_HERE, TRACE_TOP_ONLY, 1, 1 },
    { "call", trace_op_call, TRACE_HERE, TRACE_ANYWHERE, 1, 2 },
    { "is", trace_op_is, TRACE_HERE, TRACE_ANYWHERE, 2, 2 },
    { "eq", trace_op_eq, TRACE_HERE, TRACE_ANYWHERE, 2, 2 },
    { "ne", trace_op_ne, TRACE_HERE, TRACE_ANYWHERE, 2, 2 },
    { "lt", trace_op_lt, TRACE_HERE, TRACE_ANYWHERE, 2, 2 },
    { "hash", trace_op_hash, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "raise", NULL, TRACE_HERE, TRACE_ACTION_ONLY, 0, 0 },
    { "ref", trace_op_ref, TRACE_HERE, TRACE_ANYWHERE, 2, 3 },
    { "sub", trace_op_sub, TRACE_HERE, TRACE_ANYWHERE, 2, 3 },
    { "deref", trace_op_deref, TRACE_HERE, TRACE_ANYWHERE, 2, 2 },
    { "alive", trace_op_alive, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "cbof", trace_op_cbof, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "wcount", trace_op_wcount, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "wrefs", trace_op_wrefs, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "proxy", trace_op_proxy, TRACE_HERE, TRACE_ANYWHERE, 2, 3 },
    { "pget", trace_op_pget, TRACE_HERE, TRACE_ANYWHERE, 3, 3 },
    { "pset", trace_op_pset, TRACE_HERE, TRACE_ANYWHERE, 3, 3 },
    { "pcall", trace_op_pcall, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "pbool", trace_op_pbool, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "plen", trace_op_plen, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "fz", trace_op_fz, TRACE_HERE, TRACE_ANYWHERE, 3, 4 },
    { "fzcall", trace_op_fzcall, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "fzpeek", trace_op_fzpeek, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "fzdetach", trace_op_fzdetach, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "fzatexit", trace_op_fzatexit, TRACE_HERE, TRACE_ANYWHERE, 1, 2 },
    { "exit", trace_op_exit, TRACE_HERE, TRACE_ANYWHERE, 0, 0 },
    { "wm", trace_op_wm, TRACE_HERE, TRACE_ANYWHERE, 3, 4 },
    { "wmget", trace_op_wmget, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "wmcall", trace_op_wmcall, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "gc", trace_op_gc, TRACE_HERE, TRACE_ANYWHERE, 0, 1 },
    { "tracked", trace_op_tracked, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "finalized", trace_op_finalized, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "referents", trace_op_referents, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "referrers", trace_op_referrers, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "watch", trace_op_watch, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "saveall", trace_op_saveall, TRACE_HERE, TRACE_ANYWHERE, 1, 1 },
    { "garbage", trace_op_garbage, TRACE_HERE, TRACE_ANYWHERE, 0, 0 },
    { "forget", trace_op_forget, TRACE_HERE, TRACE_ANYWHERE, 0, 0 },
    { "freeze", trace_op_freeze, TRACE_HERE, TRACE_ANYWHERE, 0, 0 },
    { "unfreeze", trace_op_unfreeze, TRACE_HERE, TRACE_ANYWHERE, 0, 0 },
};

static const struct trace_verb container_verb = {
    .name = NULL, .layer = TRACE_CONTAINERS };

static const char *const container_words[] = {
    "wvd", "wkd", "dput", "dget", "dgetd", "din", "ddel", "dpop", "dpopd",
    "dpopitem", "dsetdef", "dlen", "dkeys", "dvals", "ditems", "drefs",
    "dclear", "dupdate", "dior", "dcopy", "ddeep", "dor", "deq", "iter", "next",
    "wset", "sadd", "sin", "sdisc", "srem", "spop", "slen", "slist", "sclear",
    "scopy", "supdate", "sunion", "sinter", "sdiff", "ssym", "sior", "siand",
    "sisub", "sixor", "sle", "slt", "sge", "sgt", "sdisj", "seq",
};

static bool is_one_of(const char *name, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, words[i]) == 0)
            return true;
    }
    return false;
}

const struct trace_verb *trace_verb_find(const char *name)
{
    size_t count = sizeof(verbs) / sizeof(verbs[0]);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, verbs[i].name) == 0)
            return &verbs[i];
    }
    if (is_one_of(name, container_words,
            sizeof(container_words) / sizeof(container_words[0])))
        return &container_verb;
    return NULL;
}
