// SPDX-License-Identifier: MIT
//
// CPython through its C interface in the workloads of weak.h: what its weak
// dictionaries are inside, a dict of weakrefs whose callbacks take entries out.
// The loops are C. Built as a module:
//
//     import _bench_weak; _bench_weak.main(["W9", "W10"])
//
// The collector is switched off; an object has the header it would need. Keys
// are Python's own ints and strs, whose hash is kept.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include "weak.h"

#define PEER "cpython"
#define HAS_LIMIT 0
#define HAS_VARIANTS 0

typedef struct {
    PyObject_HEAD
    PyObject *left;             // held
    PyObject *right;            // held
    PyObject *weakrefs;         // CPython's
} node;

static PyObject *table;         // the only one there is: a dict or set
static PyObject *forget_ref;    // held: a callback

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

static void open_heap(enum compare compare)
{
    (void)compare;
}

static void close_heap(void)
{
}

static double heap_bytes(void)
{
    return 0;
}

static void *own_node_new(void)
{
    node *made = PyObject_GC_New(node, &node_type);
    made->left = NULL;
    made->right = NULL;
    made->weakrefs = NULL;
    PyObject_GC_Track(made);
    return made;
}

static void own_drop(void *object)
{
    Py_DECREF((PyObject *)object);
}

static void *own_twin(void *object)
{
    Py_INCREF((PyObject *)object);
    return object;
}

// A new reference or NULL.
static PyObject *object_of(PyObject *ref)
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

static union key own_key_new(enum kind kind, uint32_t i)
{
    union key key;
    key.object = kind == KIND_INT ? (void *)PyLong_FromLong((long)number_of(i))
        : kind == KIND_TEXT ? (void *)PyUnicode_FromString(text_new(i))
        : own_node_new();
    BENCH_CHECK(key.object != NULL);
    return key;
}

static void own_key_drop(enum kind kind, union key key)
{
    (void)kind;
    own_drop(key.object);
}

static union key own_probe(enum kind kind, uint32_t i, union key key)
{
    if (kind != KIND_OBJECT)
        return own_key_new(kind, i);
    own_twin(key.object);
    return key;
}

static void *own_map_new(enum what what)
{
    table = what == MAP_SET ? PySet_New(NULL) : PyDict_New();
    BENCH_CHECK(table != NULL);
    return table;
}

static void own_map_free(void *map)
{
    Py_DECREF((PyObject *)map);
}

static size_t own_map_count(void *map)
{
    return PySet_Check((PyObject *)map) ? (size_t)PySet_Size(map)
        : (size_t)PyDict_Size(map);
}

static PyObject *forget_value_call(PyObject *key, PyObject *ref)
{
    (void)ref;
    BENCH_CHECK(PyDict_DelItem(table, key) == 0);
    Py_RETURN_NONE;
}

static PyMethodDef forget_value = { "forget_value", forget_value_call, METH_O,
    NULL };

static PyObject *forget_ref_call(PyObject *self, PyObject *ref)
{
    (void)self;
    BENCH_CHECK(PySet_Check(table) ? PySet_Discard(table, ref) == 1
        : PyDict_DelItem(table, ref) == 0);
    Py_RETURN_NONE;
}

static PyMethodDef forget_ref_method = { "forget_ref", forget_ref_call, METH_O,
    NULL };

static void own_put(void *map, enum kind kind, union key key, void *object)
{
    PyObject *callback = PyCFunction_New(&forget_value, key.object);
    PyObject *ref = PyWeakref_NewRef(object, callback);
    (void)kind;
    BENCH_CHECK(PyDict_SetItem(map, key.object, ref) == 0);
    Py_DECREF(callback);
    Py_DECREF(ref);
}

static void *own_get(void *map, enum kind kind, union key key)
{
    PyObject *ref = PyDict_GetItemWithError(map, key.object);
    (void)kind;
    return ref == NULL ? NULL : object_of(ref);
}

static void own_key_put(void *map, void *object, uintptr_t number)
{
    PyObject *value = PyLong_FromLong((long)number);
    PyObject *ref = PyWeakref_NewRef(object, forget_ref);
    BENCH_CHECK(PyDict_SetItem(map, ref, value) == 0);
    Py_DECREF(ref);
    Py_DECREF(value);
}

// Asked with the object's plain ref, which is made for it: as Python does.
static uintptr_t own_key_get(void *map, void *object)
{
    PyObject *ref = PyWeakref_NewRef(object, NULL);
    PyObject *value = PyDict_GetItemWithError(map, ref);
    Py_DECREF(ref);
    return value == NULL ? 0 : (uintptr_t)PyLong_AsLong(value);
}

static void own_set_add(void *map, void *object)
{
    PyObject *ref = PyWeakref_NewRef(object, forget_ref);
    BENCH_CHECK(PySet_Add(map, ref) == 0);
    Py_DECREF(ref);
}

static bool own_set_has(void *map, void *object)
{
    PyObject *ref = PyWeakref_NewRef(object, NULL);
    int found = PySet_Contains(map, ref);
    Py_DECREF(ref);
    return found == 1;
}

static uintptr_t own_set_each(void *map, uint32_t *seen)
{
    PyObject *each = PyObject_GetIter(map), *ref;
    uintptr_t sum = 0;
    while ((ref = PyIter_Next(each)) != NULL) {
        PyObject *object = object_of(ref);
        Py_DECREF(ref);
        if (object == NULL)
            continue;
        sum += (uintptr_t)object;
        (*seen)++;
        Py_DECREF(object);
    }
    Py_DECREF(each);
    return sum;
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
    PyGC_Disable();
    forget_ref = PyCFunction_New(&forget_ref_method, NULL);
    run_all(count, arguments);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    { "main", bench_main, METH_O, NULL },
    { NULL, NULL, 0, NULL },
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_bench_weak",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__bench_weak(void)
{
    if (PyType_Ready(&node_type) != 0)
        return NULL;
    return PyModule_Create(&module);
}
