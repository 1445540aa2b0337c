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
// Sources: ELF gABI; FreeBSD's `sys/sys/{errno,fcntl,mman,signal,_ucontext,stat,dirent}.h`,
// `sys/x86/include/ucontext.h`, `sys/arm64/include/ucontext.h`, `lib/csu`.

#define _GNU_SOURCE
#define LOADER_NAME "fbsdrun"

#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define GUEST_EOPNOTSUPP 45
#define GUEST_ECANCELED 85
#define GUEST_EILSEQ 86
#define GUEST_OPEN_LINK_ERROR 31
#define GUEST_O_NOCTTY 0x8000
#define GUEST_O_DIRECTORY 0x20000
#define GUEST_O_EXEC 0x40000
#define GUEST_O_CLOEXEC 0x100000
#define GUEST_O_DSYNC 0x1000000
#define GUEST_AT_FDCWD (-100)
#define GUEST_AT_SYMLINK_NOFOLLOW 0x200
#define GUEST_AT_SYMLINK_FOLLOW 0x400
#define GUEST_AT_REMOVEDIR 0x800
#define GUEST_MSG_NOSIGNAL 0x20000
#define GUEST_SC_PAGESIZE 47
#define GUEST_PAGE_BYTES 4096
#define GUEST_MAXIMUM_TRANSFER INT64_MAX
// An access that is not allowed is what Linux takes it for.
#define GUEST_PROTECTION_SIGNAL 11

struct guest_stat {
    uint64_t device, inode, links;
    uint16_t mode;
    int16_t padding0;
    uint32_t user, group;
    int32_t padding1;
    uint64_t special_device;
    struct timespec accessed, modified, changed, born;
    int64_t size, blocks;
    int32_t block_size;
    uint32_t flags;
    uint64_t generation, spare[10];
};

struct guest_dirent {
    uint64_t inode;
    int64_t offset;
    uint16_t record_length;
    uint8_t kind, padding0;
    uint16_t name_length, padding1;
    char name[256];
};

#include "bsd.h"

// --- What only FreeBSD has

static int sh_openat(int fd, const char *path, int flags, int mode) {
    return open_at(directory(fd), path, flags, mode);
}

static int sh_open(const char *path, int flags, int mode) {
    return open_at(AT_FDCWD, path, flags, mode);
}

static int sh_fcntl(int fd, int command, int64_t argument) {
    // F_DUPFD_CLOEXEC.
    if (command == 17) return (int)result(fcntl(fd, F_DUPFD_CLOEXEC, (int)argument));
    return (int)control_file(fd, command, argument);
}

static int sh_fdatasync(int fd) { return (int)result(fdatasync(fd)); }

// These two return their error. Advice has Linux' numbers.
static int sh_posix_fadvise(int fd, int64_t offset, int64_t length, int advice) {
    return guest_error(posix_fadvise(fd, offset, length, advice));
}

static int sh_posix_fallocate(int fd, int64_t offset, int64_t length) {
    return guest_error(posix_fallocate(fd, offset, length));
}

static int64_t sh_getrandom(void *buffer, size_t size, unsigned flags) {
    if (flags != 0) fail("unknown flags %#x of getrandom", flags);
    return result(getrandom(buffer, size, 0));
}

// Flags and structure are those of Linux.
static int sh_poll(struct pollfd *entries, unsigned count, int timeout) {
    return (int)result(poll(entries, count, timeout));
}

static int sh_ppoll(struct pollfd *entries, unsigned count, const struct timespec *timeout,
                    const void *mask) {
    if (mask != NULL) fail("ppoll with a mask");
    return (int)result(ppoll(entries, count, timeout, NULL));
}

static int sh_accept4(int fd, void *address, void *size, int flags) {
    static const struct flag TABLE[] = {{0x10000000, SOCK_CLOEXEC}, {0x20000000, SOCK_NONBLOCK}};
    if (address != NULL || size != NULL) fail("accept4 is asked for an address");
    return (int)result(accept4(fd, NULL, NULL, (int)TRANSLATE(TABLE, (unsigned)flags, "accept4")));
}

static clockid_t guest_clock(int id) {
    switch (id) {
    case 0: return CLOCK_REALTIME;
    case 4: return CLOCK_MONOTONIC;
    case 14: return CLOCK_THREAD_CPUTIME_ID;
    case 15: return CLOCK_PROCESS_CPUTIME_ID;
    default: fail("unknown clock %d", id);
    }
}

// The words of the auxiliary vector are Linux' on AArch64, by other numbers.
static int sh_elf_aux_info(int kind, void *buffer, int size) {
    unsigned long word;
    if (size != sizeof word) return 22;
    switch (kind) {
    case 25: word = getauxval(AT_HWCAP); break;
    case 26: word = getauxval(AT_HWCAP2); break;
    default: return 2;
    }
    memcpy(buffer, &word, sizeof word);
    return 0;
}

// Arguments after the named ones are passed as on Linux.
static int sh_snprintf(char *buffer, size_t size, const char *format, int digits, double number) {
    if (strcmp(format, "%.*g") != 0) fail("unknown format `%s`", format);
    return snprintf(buffer, size, "%.*g", digits, number);
}

struct guest_sigaction {
    guest_handler *handler;
    int flags;
    uint32_t mask[4];
};

static int sh_sigaction(int guest, const struct guest_sigaction *action, void *former) {
    if (former != NULL || action == NULL) fail("sigaction is asked for the former action");
    return set_action(guest, action->handler, (unsigned)action->flags);
}

// --- Registers

#ifdef __x86_64__
struct guest_machine {
    uint64_t on_stack, rdi, rsi, rdx, rcx, r8, r9, rax, rbx, rbp, r10, r11, r12, r13, r14, r15;
    uint32_t trap_number;
    uint16_t fs, gs;
    uint64_t address;
    uint32_t flags;
    uint16_t es, ds;
    uint64_t error, rip, cs, rflags, rsp, ss;
    uint64_t length, float_format, float_owner, float_state[64];
    uint64_t fs_base, gs_base, wide_state, wide_state_length, spare[4];
};
#define FOR_EACH_REGISTER(DO)                                                                      \
    DO(rdi, REG_RDI) DO(rsi, REG_RSI) DO(rdx, REG_RDX) DO(rcx, REG_RCX) DO(r8, REG_R8)             \
    DO(r9, REG_R9) DO(rax, REG_RAX) DO(rbx, REG_RBX) DO(rbp, REG_RBP) DO(r10, REG_R10)             \
    DO(r11, REG_R11) DO(r12, REG_R12) DO(r13, REG_R13) DO(r14, REG_R14) DO(r15, REG_R15)           \
    DO(rip, REG_RIP) DO(rflags, REG_EFL) DO(rsp, REG_RSP)
#define TO_GUEST(field, index) guest->field = (uint64_t)host->gregs[index];
#define TO_HOST(field, index) host->gregs[index] = (greg_t)guest->field;
static void to_guest(const mcontext_t *host, struct guest_machine *guest) {
    FOR_EACH_REGISTER(TO_GUEST)
    guest->length = sizeof *guest;
}
static void to_host(const struct guest_machine *guest, mcontext_t *host) {
    FOR_EACH_REGISTER(TO_HOST)
}
#else
struct guest_machine {
    uint64_t x[30], lr, sp, elr, spsr;
    __uint128_t vectors[32];
    uint32_t float_status, float_control;
    int float_flags, padding0;
    int flags, padding1;
    uint64_t spare[8];
};
static void to_guest(const mcontext_t *host, struct guest_machine *guest) {
    memcpy(guest->x, host->regs, sizeof guest->x);
    guest->lr = host->regs[30];
    guest->sp = host->sp;
    guest->elr = host->pc;
    guest->spsr = host->pstate;
}
static void to_host(const struct guest_machine *guest, mcontext_t *host) {
    memcpy(host->regs, guest->x, sizeof guest->x);
    host->regs[30] = guest->lr;
    host->sp = guest->sp;
    host->pc = guest->elr;
    host->pstate = guest->spsr;
}
#endif

struct guest_context {
    uint32_t mask[4];
    struct guest_machine machine;
    void *link;
    struct guest_stack stack;
    int flags, spare[4];
};

static void call_handler(guest_handler *handler, int signal, struct guest_siginfo *information,
                         ucontext_t *host) {
    struct guest_context guest;
    memset(&guest, 0, sizeof guest);
    to_guest(&host->uc_mcontext, &guest.machine);
    handler(signal, information, &guest);
    to_host(&guest.machine, &host->uc_mcontext);
}

// --- Loading

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
    SHIM(ppoll), SHIM(accept4), SHIM(elf_aux_info), {"__error", (void *)sh_error},
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
            if (strcmp((const char *)file + segment->p_offset, "/libexec/ld-elf.so.1") != 0) {
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
