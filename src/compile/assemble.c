/* assemble.c -- the last steps: slots, prefix, layout, and the bytes.
 *
 * Layout     code units: [ EXTENDED_ARG.. | opcode, oparg | CACHE.. ] ..
 * Holds      a jump's oparg is a distance, so its size depends on others' sizes;
 *            lay_out repeats until nothing changes (sizes only grow).
 */
#include "compile/assemble.h"

#include "bytecode/exctable.h"
#include "memory/own.h"

/* --- before the passes --- */

/* DEREF arguments become slots of the frame. */
static void
place_cells(hob_assembly *a)
{
    for (hob_block *b = a->cfg->entry; b; b = b->next) {
        for (int i = 0; i < b->n; i++) {
            hob_instr *in = &b->instrs[i];
            if (in->opcode < 256 && (hob_opcode_flags[in->opcode] & OP_FREE)) {
                in->oparg = a->cell_slots[in->oparg];
            }
        }
    }
}

static bool                             /* of any kind */
is_generator(const hob_assembly *a)
{
    return a->spec.flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR);
}

static status
put_prefix(hob_assembly *a, int at, int opcode, int oparg, int line)
{
    hob_instr in = {.opcode = opcode, .oparg = oparg, .where = {line, line, -1, -1}};
    return hob_block_insert(a->cfg, a->cfg->entry, at, in);
}

/* Free variables come in, cells are made in slot order, a generator returns itself. */
static status
add_prefix(hob_assembly *a)
{
    int at = 0;
    if (a->n_free && put_prefix(a, at++, COPY_FREE_VARS, a->n_free, -1) < 0) { return -1; }

    const uint8_t *kinds = (const uint8_t *)PyBytes_AS_STRING(a->slot_kinds);
    Py_ssize_t n_slots = PyBytes_GET_SIZE(a->slot_kinds);
    for (Py_ssize_t slot = 0; slot < n_slots; slot++) {
        if (!(kinds[slot] & HOB_SLOT_CELL)) { continue; }
        if (put_prefix(a, at++, MAKE_CELL, (int)slot, -1) < 0) { return -1; }
    }
    if (is_generator(a)) {
        if (put_prefix(a, at++, RETURN_GENERATOR, 0, a->spec.firstlineno) < 0
            || put_prefix(a, at++, POP_TOP, 0, -1) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Forget constants behind the last that is used; the first may be a docstring. */
static status
trim_consts(hob_assembly *a)
{
    int last = 0;
    for (hob_block *b = a->cfg->entry; b; b = b->next) {
        for (int i = 0; i < b->n; i++) {
            const hob_instr *in = &b->instrs[i];
            bool is_const = in->opcode == LOAD_CONST || in->opcode == KW_NAMES;
            if (is_const && in->oparg > last) { last = in->oparg; }
        }
    }
    Py_ssize_t n = PyList_GET_SIZE(a->consts);
    return n > last + 1 ? PyList_SetSlice(a->consts, last + 1, n, NULL) : 0;
}

/* --- layout --- */

static int
instr_units(const hob_instr *in)
{
    unsigned arg = (unsigned)in->oparg;
    int extended = (arg > 0xff) + (arg > 0xffff) + (arg > 0xffffff);
    return extended + 1 + hob_opcode_caches[in->opcode];
}

static void
place_blocks(hob_cfg *cfg)
{
    int offset = 0;
    for (hob_block *b = cfg->entry; b; b = b->next) {
        b->offset = offset;
        for (int i = 0; i < b->n; i++) { offset += instr_units(&b->instrs[i]); }
    }
}

/* Write distances into jumps; true if one needs more units than before. */
static bool
aim_jumps(hob_cfg *cfg)
{
    bool grew = false;
    for (hob_block *b = cfg->entry; b; b = b->next) {
        int offset = b->offset;
        for (int i = 0; i < b->n; i++) {
            hob_instr *in = &b->instrs[i];
            int units = instr_units(in);
            offset += units;
            if (!in->target) { continue; }
            bool backward = hob_opcode_flags[in->opcode] & OP_BACKWARD;
            in->oparg = backward ? offset - in->target->offset : in->target->offset - offset;
            if (instr_units(in) != units) { grew = true; }
        }
    }
    return grew;
}

static void
lay_out(hob_cfg *cfg)
{
    do { place_blocks(cfg); } while (aim_jumps(cfg));
}

/* --- bytes --- */

static status
put_instr(hob_buffer *code, const hob_instr *in)
{
    if (hob_buffer_reserve(code, 2 * 32) < 0) { return -1; }
    unsigned arg = (unsigned)in->oparg;
    for (int shift = 24; shift > 0; shift -= 8) {
        if (arg >> shift) {
            hob_buffer_put(code, EXTENDED_ARG);
            hob_buffer_put(code, arg >> shift & 0xff);
        }
    }
    hob_buffer_put(code, in->opcode);
    hob_buffer_put(code, arg & 0xff);
    for (int n = hob_opcode_caches[in->opcode]; n > 0; n--) {
        hob_buffer_put(code, CACHE);
        hob_buffer_put(code, 0);
    }
    return 0;
}

static PyObject *
make_code(hob_cfg *cfg)
{
    hob_buffer code = {0};
    PyObject *result = NULL;
    for (hob_block *b = cfg->entry; b; b = b->next) {
        for (int i = 0; i < b->n; i++) {
            if (put_instr(&code, &b->instrs[i]) < 0) { goto done; }
        }
    }
    result = hob_buffer_bytes(&code);
done:
    hob_buffer_clear(&code);
    return result;
}

static PyObject *
make_linetable(hob_cfg *cfg, int line)
{
    hob_buffer table = {0};
    PyObject *result = NULL;
    for (hob_block *b = cfg->entry; b; b = b->next) {
        for (int i = 0; i < b->n; i++) {
            const hob_instr *in = &b->instrs[i];
            if (hob_linetable_add(&table, &line, in->where, instr_units(in)) < 0) { goto done; }
        }
    }
    result = hob_buffer_bytes(&table);
done:
    hob_buffer_clear(&table);
    return result;
}

static status
put_handler(hob_buffer *table, int start, int end, const hob_block *handler)
{
    if (!handler || start == end) { return 0; }
    hob_exctable_entry entry = {
        .start = start, .end = end, .target = handler->offset,
        .depth = handler->depth - 1 - handler->keeps_lasti, .push_lasti = handler->keeps_lasti};
    return hob_exctable_add(table, &entry);
}

static PyObject *
make_exctable(hob_cfg *cfg)
{
    hob_buffer table = {0};
    PyObject *result = NULL;
    const hob_block *handler = NULL;
    int start = 0, offset = 0;
    for (hob_block *b = cfg->entry; b; b = b->next) {
        for (int i = 0; i < b->n; i++) {
            const hob_instr *in = &b->instrs[i];
            if (in->handler != handler) {
                if (put_handler(&table, start, offset, handler) < 0) { goto done; }
                start = offset;
                handler = in->handler;
            }
            offset += instr_units(in);
        }
    }
    if (put_handler(&table, start, offset, handler) < 0) { goto done; }
    result = hob_buffer_bytes(&table);
done:
    hob_buffer_clear(&table);
    return result;
}

/* Replace an owned object by its shared equal, when it could be made. */
static status
share(hob_assembly *a, PyObject **slot)
{
    if (!*slot) { return -1; }
    PyObject *shared = hob_const_share(a->shared_consts, *slot);
    if (!shared) { return -1; }
    Py_SETREF(*slot, shared);
    return 0;
}

static PyCodeObject *
make_code_object(hob_assembly *a)
{
    own PyObject *code = make_code(a->cfg);
    if (share(a, &code) < 0) { return NULL; }
    own PyObject *linetable = make_linetable(a->cfg, a->spec.firstlineno);
    if (share(a, &linetable) < 0) { return NULL; }
    own PyObject *exctable = make_exctable(a->cfg);
    if (share(a, &exctable) < 0) { return NULL; }
    own PyObject *consts = PyList_AsTuple(a->consts);
    if (share(a, &consts) < 0) { return NULL; }
    own PyObject *names = PyList_AsTuple(a->names);
    if (share(a, &names) < 0) { return NULL; }
    own PyObject *slot_names = Py_NewRef(a->slot_names);
    if (share(a, &slot_names) < 0) { return NULL; }

    hob_code_spec spec = a->spec;
    spec.code = code;
    spec.linetable = linetable;
    spec.exceptiontable = exctable;
    spec.consts = consts;
    spec.names = names;
    spec.localsplusnames = slot_names;
    spec.localspluskinds = a->slot_kinds;
    if (hob_code_check(&spec) < 0) { return NULL; }
    return hob_code_new(&spec);
}

void (*hob_cfg_watcher)(const hob_assembly *a, const char *stage);

static inline void
watch(const hob_assembly *a, const char *stage)
{
    if (UNLIKELY(hob_cfg_watcher != NULL)) { hob_cfg_watcher(a, stage); }
}

PyCodeObject *
hob_assemble(hob_assembly *a)
{
    hob_cfg *cfg = a->cfg;
    hob_flow f = {cfg, a->consts, a->shared_consts, a->spec.firstlineno, is_generator(a)};
    place_cells(a);
    watch(a, "as emitted");
    if (add_prefix(a) < 0 || hob_flow_optimize(&f) < 0 || trim_consts(a) < 0
        || hob_flow_place_lines(&f) < 0) {
        return NULL;
    }
    a->spec.stacksize = hob_flow_stack_depth(&f);
    if (a->spec.stacksize < 0) { return NULL; }
    if (hob_flow_label_handlers(&f) < 0 || hob_flow_direct_jumps(&f) < 0) { return NULL; }
    lay_out(cfg);
    watch(a, "as assembled");
    return make_code_object(a);
}
