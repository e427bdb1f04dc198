// What ctypes is slow at: text out of Python's strings into the library, without an object on the way.
//
// Every function takes addresses as integers, which `gobbet/_native.py` knows to be good. The UTF-8
// of a string that is not ASCII stays with the string, as Python keeps it, for as long as the string
// lives.
#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <string.h>

typedef int32_t encode_function(
    void *vocabulary, const uint8_t *text, size_t byte_count, const void *specials, uint32_t *ids,
    size_t capacity, size_t *count, void *error);

/// Arguments that are addresses or sizes; false, with an exception, if one of them is none.
static int read_words(PyObject *const *arguments, Py_ssize_t count, size_t *words) {
  for (Py_ssize_t index = 0; index < count; index++) {
    words[index] = PyLong_AsSize_t(arguments[index]);
    if (words[index] == (size_t)-1 && PyErr_Occurred()) return 0;
  }
  return 1;
}

static int has_count(const char *name, Py_ssize_t count, Py_ssize_t expected) {
  if (count == expected) return 1;
  PyErr_Format(PyExc_TypeError, "%s: %zd arguments, not %zd", name, count, expected);
  return 0;
}

/// The UTF-8 of a string; null, with an exception, if it is none or has surrogates.
static const char *utf8(PyObject *text, Py_ssize_t *byte_count) {
  if (PyUnicode_Check(text)) return PyUnicode_AsUTF8AndSize(text, byte_count);
  PyErr_Format(PyExc_TypeError, "a text must be a str, not %R", (PyObject *)Py_TYPE(text));
  return NULL;
}

/// What calls with one vocabulary share: `QuickEncoder` of `_structures.py`.
typedef struct {
  encode_function *encode;
  void *vocabulary;
} encoder;

/// What calls of one thread share: `QuickRoom` there.
typedef struct {
  uint32_t *ids;
  size_t capacity;
  size_t count;
  void *error;
} room;

PyDoc_STRVAR(
    encode_documentation,
    "encode(text, encoder, specials, room)\n\n"
    "Calls gobbet_encode; how many ids there are, or the status, negative.");

static PyObject *quick_encode(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  (void)module;
  size_t words[3];
  Py_ssize_t byte_count;
  if (!has_count("encode", count, 4) || !read_words(arguments + 1, 3, words)) return NULL;
  const char *text = utf8(arguments[0], &byte_count);
  if (text == NULL) return NULL;
  const encoder *with = (const encoder *)words[0];
  room *into = (room *)words[2];
  int32_t status;
  Py_BEGIN_ALLOW_THREADS
  status = with->encode(
      with->vocabulary, (const uint8_t *)text, (size_t)byte_count, (const void *)words[1],
      into->ids, into->capacity, &into->count, into->error);
  Py_END_ALLOW_THREADS
  return status == 0 ? PyLong_FromSize_t(into->count) : PyLong_FromLong(-status);
}

PyDoc_STRVAR(
    join_documentation,
    "join(texts, first, room, capacity, ends, most)\n\n"
    "Puts the UTF-8 of the texts of a list, from the first on, one after the other as long as there\n"
    "is room, and at most so many, and where each ends. How many these are and their bytes; no text\n"
    "and the bytes of the first if there is no room for it.");

static PyObject *quick_join(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  (void)module;
  size_t words[5];
  if (!has_count("join", count, 6) || !read_words(arguments + 1, 5, words)) return NULL;
  if (!PyList_Check(arguments[0])) {
    PyErr_SetString(PyExc_TypeError, "join: no list");
    return NULL;
  }
  uint8_t *room = (uint8_t *)words[1];
  uint64_t *ends = (uint64_t *)words[3];
  const size_t capacity = words[2], most = words[4];
  size_t used = 0, joined = 0;
  for (Py_ssize_t index = (Py_ssize_t)words[0];
       joined < most && index < PyList_Size(arguments[0]); index++) {
    Py_ssize_t byte_count;
    const char *text = utf8(PyList_GetItem(arguments[0], index), &byte_count);
    if (text == NULL) return NULL;
    if ((size_t)byte_count > capacity - used) {
      if (joined == 0) used = (size_t)byte_count;
      break;
    }
    memcpy(room + used, text, (size_t)byte_count);
    used += (size_t)byte_count;
    ends[joined++] = used;
  }
  return Py_BuildValue("(nn)", (Py_ssize_t)joined, (Py_ssize_t)used);
}

static PyMethodDef functions[] = {
    {"encode", (PyCFunction)(void (*)(void))quick_encode, METH_FASTCALL, encode_documentation},
    {"join", (PyCFunction)(void (*)(void))quick_join, METH_FASTCALL, join_documentation},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "gobbet._quick", NULL, 0, functions, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__quick(void) { return PyModuleDef_Init(&definition); }
