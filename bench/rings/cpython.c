// SPDX-License-Identifier: MIT
//
// CPython's collector in the workloads of gc.h, through its C interface: the
// loops are C, the interpreter takes no part in them. An extension module,
// called by `run` as
//
//     import _bench_gc; _bench_gc.main(["W12"])
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "gc.h"

#define PEER "cpython"
#define TELLS 1
#define TIMES_CALLS 0
#define HAS_LIMIT 0
#define CHURN (MILLION / 2)
#define LARGE_CHURN 0
#define point(slot, object) \
    do { \
        PyObject *was_there = (PyObject *)*(slot); \
        *(slot) = (object); \
        Py_XINCREF((PyObject *)*(slot)); \
        Py_XDECREF(was_there); \
    } while (0)

struct node {
    PyObject_HEAD
    struct node *left;          // held
    struct node *right;         // held
};

struct item {
    PyObject_HEAD
    struct item *link[3];       // held
};

static size_t living_count;     // nodes and items

static int node_traverse(PyObject *object, visitproc visit, void *arg)
{
    struct node *self = (struct node *)object;
    Py_VISIT((PyObject *)self->left);
    Py_VISIT((PyObject *)self->right);
    return 0;
}

static int node_clear(PyObject *object)
{
    struct node *self = (struct node *)object;
    point(&self->left, NULL);
    point(&self->right, NULL);
    return 0;
}

static void node_dealloc(PyObject *object)
{
    PyObject_GC_UnTrack(object);
    Py_TRASHCAN_BEGIN(object, node_dealloc)
    node_clear(object);
    living_count--;
    PyObject_GC_Del(object);
    Py_TRASHCAN_END
}

static int item_traverse(PyObject *object, visitproc visit, void *arg)
{
    struct item *self = (struct item *)object;
    for (int i = 0; i < 3; i++)
        Py_VISIT((PyObject *)self->link[i]);
    return 0;
}

static int item_clear(PyObject *object)
{
    struct item *self = (struct item *)object;
    for (int i = 0; i < 3; i++)
        point(&self->link[i], NULL);
    return 0;
}

static void item_dealloc(PyObject *object)
{
    PyObject_GC_UnTrack(object);
    Py_TRASHCAN_BEGIN(object, item_dealloc)
    item_clear(object);
    living_count--;
    PyObject_GC_Del(object);
    Py_TRASHCAN_END
}

static PyTypeObject node_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "node",
    .tp_basicsize = sizeof(struct node),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = node_dealloc,
    .tp_traverse = node_traverse,
    .tp_clear = node_clear,
};

static PyTypeObject item_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "item",
    .tp_basicsize = sizeof(struct item),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = item_dealloc,
    .tp_traverse = item_traverse,
    .tp_clear = item_clear,
};

static inline struct node *node_new(void)
{
    struct node *made = PyObject_GC_New(struct node, &node_type);
    BENCH_CHECK(made != NULL);
    made->left = NULL;
    made->right = NULL;
    living_count++;
    PyObject_GC_Track(made);
    return made;
}

static inline struct item *item_new(void)
{
    struct item *made = PyObject_GC_New(struct item, &item_type);
    BENCH_CHECK(made != NULL);
    memset(made->link, 0, sizeof(made->link));
    living_count++;
    PyObject_GC_Track(made);
    return made;
}

static inline void *keep(void *object)
{
    Py_INCREF((PyObject *)object);
    return object;
}

static inline void drop(void *object)
{
    Py_DECREF((PyObject *)object);
}

static void *array_new(size_t count)
{
    return bench_array(count + 1, sizeof(void *));
}

static void array_free(void *array, size_t count)
{
    (void)count;
    free(array);
}

static void open_heap(void)
{
    BENCH_CHECK(living_count == 0);
}

static void close_heap(void)
{
    BENCH_CHECK(living_count == 0);
}

static void turn_on(void)
{
    PyGC_Enable();
}

static void turn_off(void)
{
    PyGC_Disable();
}

// Does nothing while it is disabled.
static void collect(void)
{
    int enabled = PyGC_Enable();
    PyGC_Collect();
    if (!enabled)
        PyGC_Disable();
}

static void try_candidates(void)
{
    collect();
}

static double work_done(void)
{
    return 0;
}

static size_t living(void)
{
    return living_count;
}

#include "main.h"

static PyObject *bench_main(PyObject *self, PyObject *wanted)
{
    static char *arguments[32] = { (char *)"cpython" };
    int count = 1;
    (void)self;
    for (Py_ssize_t i = 0; i < PyList_Size(wanted) && count < 32; i++)
        arguments[count++] = strdup(PyUnicode_AsUTF8(
            PyList_GetItem(wanted, i)));
    run_all(count, arguments);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    { "main", bench_main, METH_O, NULL },
    { NULL, NULL, 0, NULL },
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_bench_gc",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__bench_gc(void)
{
    if (PyType_Ready(&node_type) != 0 || PyType_Ready(&item_type) != 0)
        return NULL;
    return PyModule_Create(&module);
}
