/* symbols.c -- the executable's own symbol table, for reports of audited builds.
 *
 * dladdr() knows exported names alone; what holds a leaked object is mostly a
 * static variable, and its name is in the table that the linker left in the file.
 * The executable is linked at a fixed address, so the table's values are addresses.
 */
#include "memory/symbols.h"

#include "memory/leaks.h"

#ifdef HOB_AUDITED

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static hob_symbol *symbols;
static size_t n_symbols;

static int
by_address(const void *a, const void *b)
{
    uintptr_t x = ((const hob_symbol *)a)->address, y = ((const hob_symbol *)b)->address;
    return (x > y) - (x < y);
}

static void
take_table(const char *file, const Elf64_Shdr *table, const Elf64_Shdr *sections)
{
    const Elf64_Sym *all = (const Elf64_Sym *)(file + table->sh_offset);
    const char *names = file + sections[table->sh_link].sh_offset;
    size_t n = table->sh_size / sizeof *all;
    symbols = hob_leaks_alloc(n * sizeof *symbols);
    for (size_t i = 0; i < n; i++) {
        int type = ELF64_ST_TYPE(all[i].st_info);
        if ((type != STT_OBJECT && type != STT_FUNC) || !all[i].st_size) { continue; }
        symbols[n_symbols++] = (hob_symbol){names + all[i].st_name, all[i].st_value,
                                            all[i].st_size};
    }
    qsort(symbols, n_symbols, sizeof *symbols, by_address);
}

bool
hob_symbols_load(void)
{
    if (symbols) { return true; }
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) { return false; }
    const char *file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (file == MAP_FAILED) { return false; }
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)file;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(file + header->e_shoff);
    for (int i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_type == SHT_SYMTAB) { take_table(file, &sections[i], sections); }
    }
    return symbols != NULL;     /* the file stays mapped: names point into it */
}

const hob_symbol *
hob_symbols_find(uintptr_t address)
{
    size_t low = 0, high = n_symbols;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (symbols[middle].address <= address) { low = middle + 1; }
        else                                    { high = middle; }
    }
    const hob_symbol *symbol = low ? &symbols[low - 1] : NULL;
    return symbol && address - symbol->address < symbol->size ? symbol : NULL;
}

void
hob_symbols_each(void (*visit)(const hob_symbol *symbol))
{
    for (size_t i = 0; i < n_symbols; i++) { visit(&symbols[i]); }
}

#endif
