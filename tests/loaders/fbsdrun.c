// fbsdrun PROGRAM ARGUMENT…: runs an executable for FreeBSD 14 on Linux, on the same kind of processor.
//
// It maps the image as FreeBSD's kernel and `ld-elf.so.1` do, binds what it imports from `libc.so.7` to
// functions here, which translate to Linux, and calls its entry point.
//
// What a run proves: that the file is laid out and relocated so that this reading of the formats makes a
// program of it, that the program's code and its runtime do on FreeBSD's numbers and structures what they
// should, and that traps work with FreeBSD's signals. What it does not prove: that FreeBSD itself reads
// the file, or has these numbers and structures; they come from its public headers and manual pages.
//
// Sources: ELF gABI; FreeBSD's `sys/kern/imgact_elf.c`, `libexec/rtld-elf`, `lib/csu`.

#define _GNU_SOURCE
#define LOADER_NAME "fbsdrun"

#include "freebsd.h"
#include <elf.h>

typedef int guest_main(int, char **, char **);

static char ***guest_environ;

// `libc.so.7` goes on from the program's start file.
static void start(int count, char **arguments, char **environment, void (*cleanup)(void),
                  guest_main *main) {
    (void)cleanup;
    *guest_environ = environment;
    _exit(main(count, arguments, environment));
}

static const struct symbol SYMBOLS[] = {
    COMMON_SYMBOLS, SHIM(fdatasync), SHIM(posix_fadvise), SHIM(posix_fallocate), SHIM(getrandom),
    SHIM(ppoll), SHIM(accept4), SHIM(elf_aux_info), SHIM(cap_enter), SHIM(cap_rights_limit),
    SHIM(__cap_rights_init), SHIM(getdirentries), SHIM(sysctl), {"__error", (void *)sh_error},
    {"__libc_start1", (void *)start},
};

static uint64_t address_of(const char *name) {
    for (size_t index = 0; index < sizeof SYMBOLS / sizeof *SYMBOLS; index++) {
        if (strcmp(SYMBOLS[index].name, name) == 0) return (uint64_t)SYMBOLS[index].address;
    }
    fail("the program imports `%s`, which is not known here", name);
}

#ifdef __x86_64__
#define MACHINE EM_X86_64
#define RELOCATION_RELATIVE R_X86_64_RELATIVE
#define RELOCATION_POINTER R_X86_64_64
#define RELOCATION_GLOBAL R_X86_64_GLOB_DAT
#define RELOCATION_CALL R_X86_64_JUMP_SLOT
#else
#define MACHINE EM_AARCH64
#define RELOCATION_RELATIVE R_AARCH64_RELATIVE
#define RELOCATION_POINTER R_AARCH64_ABS64
#define RELOCATION_GLOBAL R_AARCH64_GLOB_DAT
#define RELOCATION_CALL R_AARCH64_JUMP_SLOT
#endif

#ifndef DT_RELR
#define DT_RELRSZ 35
#define DT_RELR 36
#endif

#define PAGE 4095UL

struct image {
    unsigned char *base;
    uint64_t dynamic[64];
    // Where the table of symbols ends: at that of versions.
    uint64_t symbols_end;
};

static void relocate(const struct image *image, uint64_t table, uint64_t size) {
    const Elf64_Sym *symbols = (const void *)(image->base + image->dynamic[DT_SYMTAB]);
    const char *names = (const char *)image->base + image->dynamic[DT_STRTAB];
    const Elf64_Rela *entry = (const void *)(image->base + table);
    for (uint64_t index = 0; index < size / sizeof *entry; index++, entry++) {
        const Elf64_Sym *symbol = &symbols[ELF64_R_SYM(entry->r_info)];
        uint64_t value = (uint64_t)image->base;
        switch (ELF64_R_TYPE(entry->r_info)) {
        case RELOCATION_RELATIVE:
            break;
        case RELOCATION_POINTER:
        case RELOCATION_GLOBAL:
        case RELOCATION_CALL:
            if (symbol->st_shndx == SHN_UNDEF) {
                value = address_of(names + symbol->st_name);
            } else {
                value += symbol->st_value;
            }
            break;
        default:
            fail("unknown relocation %lu", (unsigned long)ELF64_R_TYPE(entry->r_info));
        }
        value += (uint64_t)entry->r_addend;
        memcpy(image->base + entry->r_offset, &value, sizeof value);
    }
}

// gABI, "RELR": an even word is an address, an odd one a bit map of the 63 words behind.
static void relocate_relative(const struct image *image) {
    const uint64_t *entry = (const void *)(image->base + image->dynamic[DT_RELR]);
    uint64_t count = image->dynamic[DT_RELRSZ] / sizeof *entry;
    uint64_t *place = NULL;
    for (uint64_t index = 0; index < count; index++) {
        if ((entry[index] & 1) == 0) {
            place = (void *)(image->base + entry[index]);
            *place++ += (uint64_t)image->base;
        } else {
            for (int bit = 0; bit < 63; bit++) {
                if (entry[index] >> (bit + 1) & 1) place[bit] += (uint64_t)image->base;
            }
            place += 63;
        }
    }
}

static void read_dynamic(struct image *image, uint64_t vaddr) {
    const Elf64_Dyn *entry = (const void *)(image->base + vaddr);
    uint64_t library = 0;
    for (; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_NEEDED) library = entry->d_un.d_val;
        if (entry->d_tag == DT_VERSYM) image->symbols_end = entry->d_un.d_val;
        if (entry->d_tag > 0 && entry->d_tag < 64) image->dynamic[entry->d_tag] = entry->d_un.d_val;
    }
    const char *name = (const char *)image->base + image->dynamic[DT_STRTAB] + library;
    if (strcmp(name, "libc.so.7") != 0) fail("the program needs the library %s", name);
    const Elf64_Sym *symbols = (const void *)(image->base + image->dynamic[DT_SYMTAB]);
    const char *names = (const char *)image->base + image->dynamic[DT_STRTAB];
    const Elf64_Sym *end = (const void *)(image->base + image->symbols_end);
    static char **nowhere;
    guest_environ = &nowhere;
    for (size_t index = 1; symbols + index < end; index++) {
        if (symbols[index].st_shndx != SHN_UNDEF
            && strcmp(names + symbols[index].st_name, "environ") == 0) {
            guest_environ = (void *)(image->base + symbols[index].st_value);
        }
    }
}

static int protection(uint32_t flags) {
    if ((flags & (PF_W | PF_X)) == (PF_W | PF_X)) fail("a segment is writable and executable");
    return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0)
           | (flags & PF_X ? PROT_EXEC : 0);
}

// Maps one segment: pages of the file, and fresh ones behind.
static void map_segment(const struct image *image, const Elf64_Phdr *segment, int fd) {
    if ((segment->p_offset & PAGE) != (segment->p_vaddr & PAGE)) fail("a segment is misaligned");
    unsigned char *start = image->base + (segment->p_vaddr & ~PAGE);
    unsigned char *file_end = image->base + segment->p_vaddr + segment->p_filesz;
    unsigned char *end = image->base + segment->p_vaddr + segment->p_memsz;
    unsigned char *file_page = (void *)(((uintptr_t)file_end + PAGE) & ~PAGE);
    int access = protection(segment->p_flags);
    if (segment->p_filesz > 0
        && mmap(start, (size_t)(file_end - start), access, MAP_PRIVATE | MAP_FIXED, fd,
                (off_t)(segment->p_offset & ~PAGE)) == MAP_FAILED) {
        fail("cannot map a segment");
    }
    if (end > file_end) {
        if (segment->p_filesz > 0) memset(file_end, 0, (size_t)(file_page - file_end));
        if (segment->p_filesz == 0) file_page = start;
        if (end > file_page
            && mmap(file_page, (size_t)(end - file_page), access,
                    MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) {
            fail("cannot map a segment");
        }
    }
}

static void no_cleanup(void) {}

int main(int count, char **arguments) {
    if (count < 2) fail("a program is missing");
    size_t size;
    int fd;
    const unsigned char *file = read_file(arguments[1], &size, &fd);
    const Elf64_Ehdr *header = (const void *)file;
    if (size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0
        || header->e_machine != MACHINE || header->e_type != ET_DYN
        || header->e_ident[EI_OSABI] != ELFOSABI_FREEBSD) {
        fail("%s is no position-independent executable for FreeBSD on this processor",
             arguments[1]);
    }
    // The kernel only looks at the first page.
    const Elf64_Phdr *segments = (const void *)(file + header->e_phoff);
    if (header->e_phoff + header->e_phnum * sizeof *segments > 4096) fail("too many segments");
    uint64_t end = 0, dynamic = 0, relro = 0, relro_end = 0;
    for (int index = 0; index < header->e_phnum; index++) {
        const Elf64_Phdr *segment = &segments[index];
        switch (segment->p_type) {
        case PT_LOAD:
            if (segment->p_vaddr < end) fail("segments are not ascending");
            end = segment->p_vaddr + segment->p_memsz;
            break;
        case PT_INTERP:
            if (segment->p_offset + segment->p_filesz > 4096
                || strcmp((const char *)file + segment->p_offset, "/libexec/ld-elf.so.1") != 0) {
                fail("the program has another dynamic linker");
            }
            break;
        case PT_DYNAMIC:
            dynamic = segment->p_vaddr;
            break;
        case PT_GNU_RELRO:
            relro = segment->p_vaddr & ~PAGE;
            relro_end = (segment->p_vaddr + segment->p_memsz) & ~PAGE;
            break;
        case PT_TLS:
            fail("the program has thread-local variables");
        default:
            break;
        }
    }
    if (dynamic == 0) fail("the program is not dynamic");
    struct image image = {0};
    image.base = mmap(NULL, end, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (image.base == MAP_FAILED) fail("there is no room for the image");
    for (int index = 0; index < header->e_phnum; index++) {
        if (segments[index].p_type == PT_LOAD) map_segment(&image, &segments[index], fd);
    }
    close(fd);
    read_dynamic(&image, dynamic);
    relocate_relative(&image);
    relocate(&image, image.dynamic[DT_RELA], image.dynamic[DT_RELASZ]);
    relocate(&image, image.dynamic[DT_JMPREL], image.dynamic[DT_PLTRELSZ]);
    if (relro_end > relro && mprotect(image.base + relro, relro_end - relro, PROT_READ) != 0) {
        fail("cannot protect what is relocated");
    }
    // What the kernel leaves on the stack: the number of arguments, these, and the environment.
    size_t variables = 0;
    while (environ[variables] != NULL) variables++;
    uint64_t *block = calloc((size_t)count + variables + 8, sizeof *block);
    block[0] = (uint64_t)count - 1;
    memcpy(block + 1, arguments + 1, ((size_t)count - 1) * sizeof *block);
    memcpy(block + 1 + count, environ, variables * sizeof *block);
    uint64_t entry = (uint64_t)image.base + header->e_entry;
#ifdef __x86_64__
    ((void (*)(uint64_t *, void (*)(void)))entry)(block, no_cleanup);
#else
    ((void (*)(uint64_t *, uint64_t, void (*)(void)))entry)(block, 0, no_cleanup);
#endif
    return LOADER_FAILED;
}
