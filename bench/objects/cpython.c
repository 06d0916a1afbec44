// SPDX-License-Identifier: MIT
//
// CPython, through its C interface: the loops are C, the interpreter takes no
// part in them. An extension module, called by `run` as
//
//     import _bench; _bench.main(["W1", "W3"])
//
// The collector is switched off; an object has the header it would need.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include "../bench.h"

enum { MILLION = BENCH_MILLION, HUNDRED_THOUSAND = 100000 };

typedef struct {
    PyObject_HEAD
    PyObject *left;             // held
    PyObject *right;            // held
    PyObject *weakrefs;         // CPython's
} node;

typedef struct {
    PyObject_HEAD
    PyObject *kid[8];           // held
    PyObject *parent;           // a weakref, held
    PyObject *weakrefs;         // CPython's
} tree;

static PyObject **nodes;        // a million places
static PyObject **refs;         // a million places
static uint32_t *order;         // of a million, shuffled
static PyObject *hot;           // held
static PyObject *hot_ref;       // held
static PyObject *callback;      // held; counts in `calls`
static size_t calls;            // of the callback

static int node_traverse(PyObject *object, visitproc visit, void *arg)
{
    node *self = (node *)object;
    Py_VISIT(self->left);
    Py_VISIT(self->right);
    return 0;
}

static void node_dealloc(PyObject *object)
{
    node *self = (node *)object;
    PyObject_GC_UnTrack(object);
    Py_TRASHCAN_BEGIN(object, node_dealloc)
    if (self->weakrefs != NULL)
        PyObject_ClearWeakRefs(object);
    Py_CLEAR(self->left);
    Py_CLEAR(self->right);
    PyObject_GC_Del(object);
    Py_TRASHCAN_END
}

static PyTypeObject node_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "node",
    .tp_basicsize = sizeof(node),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = node_dealloc,
    .tp_traverse = node_traverse,
    .tp_weaklistoffset = offsetof(node, weakrefs),
};

static int tree_traverse(PyObject *object, visitproc visit, void *arg)
{
    tree *self = (tree *)object;
    for (int i = 0; i < 8; i++)
        Py_VISIT(self->kid[i]);
    Py_VISIT(self->parent);
    return 0;
}

static void tree_dealloc(PyObject *object)
{
    tree *self = (tree *)object;
    PyObject_GC_UnTrack(object);
    Py_TRASHCAN_BEGIN(object, tree_dealloc)
    if (self->weakrefs != NULL)
        PyObject_ClearWeakRefs(object);
    for (int i = 0; i < 8; i++)
        Py_CLEAR(self->kid[i]);
    Py_CLEAR(self->parent);
    PyObject_GC_Del(object);
    Py_TRASHCAN_END
}

static PyTypeObject tree_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tree",
    .tp_basicsize = sizeof(tree),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = tree_dealloc,
    .tp_traverse = tree_traverse,
    .tp_weaklistoffset = offsetof(tree, weakrefs),
};

static PyObject *node_new(void)
{
    node *made = PyObject_GC_New(node, &node_type);
    made->left = NULL;
    made->right = NULL;
    made->weakrefs = NULL;
    PyObject_GC_Track(made);
    return (PyObject *)made;
}

static PyObject *tree_new(void)
{
    tree *made = PyObject_GC_New(tree, &tree_type);
    memset(made->kid, 0, sizeof(made->kid));
    made->parent = NULL;
    made->weakrefs = NULL;
    PyObject_GC_Track(made);
    return (PyObject *)made;
}

// A new reference or NULL.
static inline PyObject *ref_get(PyObject *ref)
{
#if PY_VERSION_HEX >= 0x030D0000
    PyObject *object;
    PyWeakref_GetRef(ref, &object);
    return object;
#else
    PyObject *object = PyWeakref_GetObject(ref);
    if (object == Py_None)
        return NULL;
    Py_INCREF(object);
    return object;
#endif
}

static PyObject *count_call(PyObject *self, PyObject *ref)
{
    (void)self;
    (void)ref;
    calls++;
    Py_RETURN_NONE;
}

static PyMethodDef count_call_method = { "count_call", count_call, METH_O,
    NULL };

static void make_nodes(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        nodes[i] = node_new();
}

static void make_shuffled_nodes(void)
{
    for (uint32_t i = 0; i < MILLION; i++)
        refs[i] = node_new();
    for (uint32_t i = 0; i < MILLION; i++)
        nodes[i] = refs[order[i]];
}

static void release(PyObject **objects, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        Py_DECREF(objects[i]);
}

static void measure_new(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        PyObject *made = node_new();
        BENCH_KEEP(made);
        Py_DECREF(made);
    }
    ns[0] = bench_now() - start;
}

static void measure_bulk(double *ns)
{
    double start = bench_now();
    make_nodes(MILLION);
    ns[0] = bench_now() - start;
    start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        Py_DECREF(nodes[order[i]]);
    ns[1] = bench_now() - start;
}

static void measure_retain(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        PyObject *object = hot;
        BENCH_HIDE(object);
        Py_INCREF(object);
        BENCH_HIDE(object);
        Py_DECREF(object);
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(Py_REFCNT(hot) == 1);
}

static void measure_retain_random(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        Py_INCREF(nodes[i]);
        refs[i] = nodes[i];
    }
    for (uint32_t i = 0; i < MILLION; i++)
        Py_DECREF(refs[i]);
    ns[0] = bench_now() - start;
    BENCH_CHECK(Py_REFCNT(nodes[3]) == 1);
}

static double take_refs(PyObject *told)
{
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        PyObject *ref = PyWeakref_NewRef(hot, told);
        BENCH_KEEP(ref);
        Py_DECREF(ref);
    }
    return bench_now() - start;
}

// Without a callback the ref that is there already is handed out again.
static void measure_take_refs(double *ns)
{
    ns[0] = take_refs(NULL);
    ns[1] = take_refs(callback);
    PyObject *other = PyWeakref_NewRef(hot, NULL);
    ns[2] = take_refs(NULL);
    Py_DECREF(other);
    BENCH_CHECK(calls == 0);
}

static void measure_take_random(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        PyObject *ref = PyWeakref_NewRef(nodes[i], NULL);
        BENCH_KEEP(ref);
        Py_DECREF(ref);
    }
    ns[0] = bench_now() - start;
}

static void measure_take_first(double *ns)
{
    make_nodes(HUNDRED_THOUSAND);
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        refs[i] = PyWeakref_NewRef(nodes[i], NULL);
    ns[0] = bench_now() - start;
    release(nodes, HUNDRED_THOUSAND);
    release(refs, HUNDRED_THOUSAND);
}

static void measure_get(double *ns)
{
    uint32_t found = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        PyObject *ref = hot_ref;
        BENCH_HIDE(ref);
        PyObject *got = ref_get(ref);
        if (got == NULL)
            continue;
        found++;
        BENCH_KEEP(got);
        Py_DECREF(got);
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(found == MILLION && Py_REFCNT(hot) == 1);
}

static void measure_get_random(double *ns)
{
    uint32_t found = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        PyObject *got = ref_get(refs[i]);
        if (got == NULL)
            continue;
        found++;
        BENCH_KEEP(got);
        Py_DECREF(got);
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(found == MILLION);
}

static void measure_get_dead(double *ns)
{
    uint32_t dead = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        PyObject *ref = hot_ref;
        BENCH_HIDE(ref);
        dead += ref_get(ref) == NULL;
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(dead == MILLION);
}

static void measure_get_dead_random(double *ns)
{
    uint32_t dead = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        dead += ref_get(refs[i]) == NULL;
    ns[0] = bench_now() - start;
    BENCH_CHECK(dead == MILLION);
}

static double death(bool watched, PyObject *told, bool total)
{
    calls = 0;
    make_nodes(HUNDRED_THOUSAND);
    for (uint32_t i = 0; watched && i < HUNDRED_THOUSAND; i++)
        refs[i] = PyWeakref_NewRef(nodes[i], told);
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        Py_DECREF(nodes[i]);
        if (total)
            Py_DECREF(refs[i]);
    }
    double ns = bench_now() - start;
    if (watched && !total)
        release(refs, HUNDRED_THOUSAND);
    BENCH_CHECK(calls == (told != NULL ? HUNDRED_THOUSAND : 0));
    return ns;
}

static void measure_death(double *ns)
{
    ns[0] = death(false, NULL, false);
    ns[1] = death(true, NULL, false);
    ns[2] = death(true, callback, false);
    ns[3] = death(true, callback, true);
}

static void measure_told_hot(double *ns)
{
    calls = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        PyObject *made = node_new();
        PyObject *ref = PyWeakref_NewRef(made, callback);
        Py_DECREF(made);
        Py_DECREF(ref);
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(calls == HUNDRED_THOUSAND);
}

static PyObject *make_refs(uint32_t count)
{
    PyObject *object = node_new();
    calls = 0;
    for (uint32_t i = 0; i < count; i++)
        refs[i] = PyWeakref_NewRef(object, callback);
    return object;
}

// 800 from the middle of the list, which were looked at before.
static double remove_refs(uint32_t count)
{
    PyObject *object = make_refs(count);
    uint32_t first = count / 2 - 400;
    for (uint32_t i = first - 1; i < first + 801; i++) {
        PyObject *got = ref_get(refs[i]);
        BENCH_CHECK(got == object);
        Py_DECREF(got);
    }
    double start = bench_now();
    release(refs + first, 800);
    double ns = bench_now() - start;
    release(refs, first);
    release(refs + first + 800, count - first - 800);
    Py_DECREF(object);
    BENCH_CHECK(calls == 0);
    return ns;
}

static void measure_removal(double *ns)
{
    ns[0] = remove_refs(1000);
    ns[1] = remove_refs(MILLION);
    PyObject *object = make_refs(MILLION);
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        Py_DECREF(refs[order[i]]);
    ns[2] = bench_now() - start;
    Py_DECREF(object);
}

static double chain(uint32_t count)
{
    PyObject *head = NULL;
    for (uint32_t i = 0; i < count; i++) {
        PyObject *made = node_new();
        ((node *)made)->left = head;
        head = made;
    }
    double start = bench_now();
    Py_DECREF(head);
    return bench_now() - start;
}

static void measure_chain(double *ns)
{
    ns[0] = chain(MILLION);
}

static void measure_long_chain(double *ns)
{
    ns[0] = chain(10 * MILLION);
}

static void measure_tree(double *ns)
{
    for (uint32_t i = 0; i < MILLION; i++) {
        nodes[i] = tree_new();
        if (i == 0)
            continue;
        PyObject *parent = nodes[(i - 1) / 8];
        ((tree *)nodes[i])->parent = PyWeakref_NewRef(parent, NULL);
        ((tree *)parent)->kid[(i - 1) % 8] = nodes[i];
    }
    double start = bench_now();
    Py_DECREF(nodes[0]);
    ns[0] = bench_now() - start;
}

static void weigh(void)
{
    double empty = bench_resident();
    make_nodes(MILLION);
    double made = bench_resident();
    for (uint32_t i = 0; i < MILLION; i++)
        refs[i] = PyWeakref_NewRef(nodes[i], NULL);
    bench_bytes("cpython", "W16_memory", "obj", (made - empty) / MILLION);
    bench_bytes("cpython", "W16_memory", "weakref",
        (bench_resident() - made) / MILLION);
    release(nodes, MILLION);
    release(refs, MILLION);
}

static void run(const char *workload, const char *param, double operations,
    bench_fn *measure)
{
    const struct bench_row row = { "cpython", workload, param, operations };
    bench_run(&row, 1, measure);
}

static void run_weak(void)
{
    static const struct bench_row taking[] = {
        { "cpython", "W5_weak_create", "ref", HUNDRED_THOUSAND },
        { "cpython", "W5_weak_create", "ref_cb", HUNDRED_THOUSAND },
        { "cpython", "W5_weak_create", "ref_shared", HUNDRED_THOUSAND } };
    if (bench_wants("W5")) {
        bench_run(taking, 3, measure_take_refs);
        run("W5_weak_create", "first_1e5", HUNDRED_THOUSAND,
            measure_take_first);
    }
    hot_ref = PyWeakref_NewRef(hot, NULL);
    if (bench_wants("W6"))
        run("W6_weak_upgrade", "hot", MILLION, measure_get);
    Py_CLEAR(hot);
    if (bench_wants("W7"))
        run("W7_weak_dead", "hot", MILLION, measure_get_dead);
    if (!bench_wants("W5") && !bench_wants("W6") && !bench_wants("W7"))
        return;
    make_shuffled_nodes();
    if (bench_wants("W5"))
        run("W5_weak_create", "random_1e6", MILLION, measure_take_random);
    for (uint32_t i = 0; i < MILLION; i++)
        refs[i] = PyWeakref_NewRef(nodes[i], NULL);
    if (bench_wants("W6"))
        run("W6_weak_upgrade", "random_1e6", MILLION, measure_get_random);
    release(nodes, MILLION);
    if (bench_wants("W7"))
        run("W7_weak_dead", "random_1e6", MILLION, measure_get_dead_random);
    release(refs, MILLION);
}

static void run_deaths(void)
{
    static const struct bench_row deaths[] = {
        { "cpython", "W8_callback", "death_plain", HUNDRED_THOUSAND },
        { "cpython", "W8_callback", "death_weak", HUNDRED_THOUSAND },
        { "cpython", "W8_callback", "death_cb", HUNDRED_THOUSAND },
        { "cpython", "W8_callback", "death_cb_total", HUNDRED_THOUSAND } };
    static const struct bench_row removal[] = {
        { "cpython", "W8_callback", "remove_of_1e3", 800 },
        { "cpython", "W8_callback", "remove_of_1e6", 800 },
        { "cpython", "W8_callback", "remove_random_1e6", MILLION } };
    bench_run(deaths, 4, measure_death);
    run("W8_callback", "made_fired_gone", HUNDRED_THOUSAND, measure_told_hot);
    bench_run(removal, 3, measure_removal);
}

static void run_all(void)
{
    static const struct bench_row bulk[] = {
        { "cpython", "W2_bulk", "alloc_1e6", MILLION },
        { "cpython", "W2_bulk", "free_random_1e6", MILLION } };
    hot = node_new();
    if (bench_wants("W16"))
        weigh();
    if (bench_wants("W1"))
        run("W1_alloc_free", "hot", MILLION, measure_new);
    if (bench_wants("W2"))
        bench_run_fresh(bulk, 2, measure_bulk);
    if (bench_wants("W3")) {
        run("W3_refcount", "hot", MILLION, measure_retain);
        make_shuffled_nodes();
        run("W3_refcount", "random_1e6", MILLION, measure_retain_random);
        release(nodes, MILLION);
    }
    run_weak();
    if (bench_wants("W8"))
        run_deaths();
    if (bench_wants("W14")) {
        run("W14_list", "1e6", MILLION, measure_chain);
        run("W14_list", "1e7", 10 * MILLION, measure_long_chain);
    }
    if (bench_wants("W15"))
        run("W15_tree", "teardown_1e6", MILLION, measure_tree);
}

static PyObject *bench_main(PyObject *self, PyObject *wanted)
{
    static char *arguments[32] = { (char *)"cpython" };
    int count = 1;
    (void)self;
    for (Py_ssize_t i = 0; i < PyList_Size(wanted) && count < 32; i++)
        arguments[count++] = strdup(PyUnicode_AsUTF8(
            PyList_GetItem(wanted, i)));
    bench_open(count, arguments);
    PyGC_Disable();
    callback = PyCFunction_New(&count_call_method, NULL);
    nodes = bench_array(MILLION, sizeof(*nodes));
    refs = bench_array(MILLION, sizeof(*refs));
    order = bench_shuffled(MILLION);
    run_all();
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    { "main", bench_main, METH_O },
    { NULL, NULL, 0 },
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_bench",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__bench(void)
{
    if (PyType_Ready(&node_type) != 0 || PyType_Ready(&tree_type) != 0)
        return NULL;
    return PyModule_Create(&module);
}
