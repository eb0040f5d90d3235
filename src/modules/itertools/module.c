/* module.c -- module itertools: its types and its one function.
 *
 * Next       select.c (items of one iterable), chain.c (one after the other),
 *            combine.c (products and their kin), group.c (groupby and tee)
 */
#include "modules/itertools/itertools_int.h"

/** tee($module, iterable, n=2, /)
 *
 *  A tuple of n independent iterators over the same items.
 */
static PyObject *
tee(PyObject *module, PyObject *iterable, Py_ssize_t n)
{
    return hob_itertools_tee(iterable, n);
}

#include "gen/modules/itertools/module.bind.h"

static status
module_exec(PyObject *module)
{
    PyTypeObject *types[] = {
        &hob_accumulate_type, &hob_combinations_type, &hob_combinations_wr_type,
        &hob_cycle_type, &hob_dropwhile_type, &hob_takewhile_type, &hob_islice_type,
        &hob_starmap_type, &hob_chain_type, &hob_compress_type, &hob_filterfalse_type,
        &hob_count_type, &hob_zip_longest_type, &hob_pairwise_type, &hob_permutations_type,
        &hob_product_type, &hob_repeat_type, &hob_groupby_type, &hob_grouper_type,
        &hob_tee_type, &hob_tee_data_type,
    };
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (PyModule_AddType(module, types[i]) < 0) { return -1; }
    }
    return 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

PyDoc_STRVAR(module_doc,
"Building blocks of loops.\n"
"\n"
"Without end:     count  cycle  repeat\n"
"Till the shortest (longest) ends:\n"
"                 accumulate  chain  compress  dropwhile  filterfalse  groupby  islice\n"
"                 pairwise  starmap  takewhile  tee  zip_longest\n"
"Combinations:    product  permutations  combinations  combinations_with_replacement");

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "itertools",
    .m_doc = module_doc,
    .m_methods = module_methods,
    .m_slots = module_slots,
};

PyMODINIT_FUNC
PyInit_itertools(void)
{
    return PyModuleDef_Init(&module_def);
}
