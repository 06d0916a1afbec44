// SPDX-License-Identifier: MIT
//
// The header in C++11, with types as C++ must write them. Only compiled.
#include <weft.h>

struct node {
    node *left;
    weft_weak parent;
    int64_t number;
};

static const weft_field rows[] = { WEFT_STRONG(node, left),
    WEFT_WEAK(node, parent), WEFT_INT(node, number), WEFT_END };
static weft_type node_type = {
    "node", sizeof(node), alignof(node), nullptr, rows, nullptr, nullptr,
    nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
    WEFT_ALLOWED, false,
    0, {} };

int main()
{
    weft_heap *heap = weft_heap_open(nullptr);
    weft_auto(node) root = static_cast<node *>(weft_new(heap, &node_type));
    weft_set_steal(&root->left,
        static_cast<node *>(weft_new(heap, &node_type)));
    root->left->parent = weft_weak_of(root);
    weft_clear(&root->left);
    return weft_value_object(weft_object(root)) == root ? 0 : 1;
}
