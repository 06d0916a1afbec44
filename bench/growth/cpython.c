// SPDX-License-Identifier: MIT
//
// CPython through its C interface in the workloads of growth.h: objects and
// weakrefs, the collector off. A module: import _bench_growth.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>

#include "../bench.h"

#define PEER "cpython"

typedef struct {
    PyObject_HEAD
    PyObject *left;             // held
    PyObject *right;            // held
    PyObject *weakrefs;         // CPython's
} node;

typedef PyObject *strong;
typedef PyObject *weak;         // a weakref, held

static size_t living;           // nodes

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
    if (self->weakrefs != NULL)
        PyObject_ClearWeakRefs(object);
    Py_CLEAR(self->left);
    Py_CLEAR(self->right);
    living--;
    PyObject_GC_Del(object);
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

static inline void make(strong *place)
{
    node *made = PyObject_GC_New(node, &node_type);
    BENCH_CHECK(made != NULL);
    made->left = NULL;
    made->right = NULL;
    made->weakrefs = NULL;
    PyObject_GC_Track(made);
    living++;
    *place = (PyObject *)made;
}

static inline void keep(strong *place, strong *other)
{
    Py_INCREF(*other);
    *place = *other;
}

static inline void move(strong *place, strong *other)
{
    *place = *other;
}

static inline void drop(strong *place)
{
    Py_DECREF(*place);
}

static inline void watch(weak *ref, strong *place)
{
    *ref = PyWeakref_NewRef(*place, NULL);
    BENCH_CHECK(*ref != NULL);
}

static inline void unwatch(weak *ref)
{
    Py_DECREF(*ref);
}

static inline bool get(weak *ref)
{
#if PY_VERSION_HEX >= 0x030D0000
    PyObject *object;
    if (PyWeakref_GetRef(*ref, &object) <= 0)
        return false;
#else
    PyObject *object = PyWeakref_GetObject(*ref);
    if (object == Py_None)
        return false;
    Py_INCREF(object);
#endif
    BENCH_KEEP(object);
    Py_DECREF(object);
    return true;
}

static inline size_t count_of(strong *place)
{
    return (size_t)Py_REFCNT(*place);
}

static strong *strongs_new(size_t count)
{
    return bench_array(count, sizeof(strong));
}

static weak *weaks_new(size_t count)
{
    return bench_array(count, sizeof(weak));
}

static void enter(void)
{
}

static void leave(void)
{
    BENCH_CHECK(living == 0);
}

#include "growth.h"

static PyObject *bench_main(PyObject *self, PyObject *wanted)
{
    static char *arguments[32] = { (char *)"cpython" };
    int argument_count = 1;
    (void)self;
    for (Py_ssize_t i = 0; i < PyList_Size(wanted) && argument_count < 32; i++)
        arguments[argument_count++] = strdup(PyUnicode_AsUTF8(
            PyList_GetItem(wanted, i)));
    PyGC_Disable();
    run_growth(argument_count, arguments);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    { "main", bench_main, METH_O, NULL },
    { NULL, NULL, 0, NULL },
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_bench_growth",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__bench_growth(void)
{
    if (PyType_Ready(&node_type) != 0)
        return NULL;
    return PyModule_Create(&module);
}
