// machorun PROGRAM ARGUMENT…: runs an executable for macOS 11 on Linux, on the same kind of processor.
//
// It maps the image as macOS' kernel does, somewhere else than where it was linked for, adjusts its
// pointers and binds what it imports from `libSystem` as `dyld` does, to functions here, which translate
// to Linux, and calls its main function.
//
// What a run proves: that the file is laid out so that this reading of the format makes a program of it,
// that the program's code and its runtime do on macOS' numbers and structures what they should, and that
// traps work with macOS' signals. What it does not prove: that macOS itself reads the file, accepts its
// signature, or has these numbers and structures; they come from its public headers and manual pages.
//
// Sources: `mach-o/loader.h`, `mach-o/fixup-chains.h`, `sys/{errno,fcntl,mman,signal,_ucontext,stat,
// dirent}.h`, `mach/{i386,arm}/_structs.h`; Apple, "Writing ARM64 code for Apple platforms".

#define _GNU_SOURCE
#define LOADER_NAME "machorun"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define GUEST_EOPNOTSUPP 102
#define GUEST_ECANCELED 89
#define GUEST_EILSEQ 92
#define GUEST_OPEN_LINK_ERROR 62
#define GUEST_O_NOCTTY 0x20000
#define GUEST_O_DIRECTORY 0x100000
#define GUEST_O_EXEC 0x40000000
#define GUEST_O_CLOEXEC 0x1000000
#define GUEST_O_DSYNC 0x400000
#define GUEST_AT_FDCWD (-2)
#define GUEST_AT_SYMLINK_NOFOLLOW 0x20
#define GUEST_AT_SYMLINK_FOLLOW 0x40
#define GUEST_AT_REMOVEDIR 0x80
#define GUEST_MSG_NOSIGNAL 0
#define GUEST_SC_PAGESIZE 29
#ifdef __x86_64__
#define GUEST_PAGE_BYTES 4096
#else
#define GUEST_PAGE_BYTES 16384
#endif
#define GUEST_MAXIMUM_TRANSFER INT32_MAX
// An access that is not allowed is a SIGBUS.
#define GUEST_PROTECTION_SIGNAL 10

struct guest_stat {
    int32_t device;
    uint16_t mode, links;
    uint64_t inode;
    uint32_t user, group;
    int32_t special_device, padding0;
    struct timespec accessed, modified, changed, born;
    int64_t size, blocks;
    int32_t block_size;
    uint32_t flags, generation;
    int32_t spare0;
    int64_t spare1[2];
};

struct guest_dirent {
    uint64_t inode, position;
    uint16_t record_length, name_length;
    uint8_t kind;
    char name[1024];
};

#include "bsd.h"

// --- What only macOS has. On AArch64 its C compiler passes arguments after the named ones on the stack:
// they are the ninth and later arguments of a function whose arguments are all named.

#ifdef __aarch64__
#define REST_AFTER_2 long unused2, long unused3, long unused4, long unused5, long unused6, long unused7,
#define REST_AFTER_3 long unused3, long unused4, long unused5, long unused6, long unused7,
#else
#define REST_AFTER_2
#define REST_AFTER_3
#endif

static int sh_open(const char *path, int flags, REST_AFTER_2 int mode) {
    return open_at(AT_FDCWD, path, flags, mode);
}

static int sh_openat(int fd, const char *path, int flags, REST_AFTER_3 int mode) {
    return open_at(directory(fd), path, flags, mode);
}

struct guest_room {
    unsigned flags;
    int from;
    int64_t offset, length, allocated;
};

static int sh_fcntl(int fd, int command, REST_AFTER_2 int64_t argument) {
    switch (command) {
    case 42: {
        // F_PREALLOCATE, of all that is asked for, behind the end.
        struct guest_room *room = (void *)argument;
        struct stat status;
        if (room->flags != 4 || room->from != 3) fail("F_PREALLOCATE with other flags");
        if (fstat(fd, &status) != 0) return (int)result(-1);
        room->allocated = room->length;
        return (int)result(fallocate(fd, FALLOC_FL_KEEP_SIZE, status.st_size, room->length));
    }
    case 44: // F_RDADVISE
        return 0;
    case 51: // F_FULLFSYNC
        return (int)result(fsync(fd));
    case 67: // F_DUPFD_CLOEXEC
        return (int)result(fcntl(fd, F_DUPFD_CLOEXEC, (int)argument));
    default:
        return (int)control_file(fd, command, argument);
    }
}

static int sh_snprintf(char *buffer, size_t size, const char *format, REST_AFTER_3
#ifdef __aarch64__
                       long digits, uint64_t bits) {
    double number;
    memcpy(&number, &bits, sizeof number);
#else
                       int digits, double number) {
#endif
    if (strcmp(format, "%.*g") != 0) fail("unknown format `%s`", format);
    return snprintf(buffer, size, "%.*g", (int)digits, number);
}

// Whether nobody can wait for it: devices other than terminals (XNU, `spec_kqfilter`).
static int is_device(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && !isatty(fd);
}

// Flags and structure are those of Linux. A descriptor of which nothing is asked is not looked at (XNU,
// `poll_nocancel`).
static int sh_poll(struct pollfd *entries, unsigned count, int timeout) {
    int ready = 0;
    for (unsigned index = 0; index < count; index++) {
        if (entries[index].events != 0 && is_device(entries[index].fd)) timeout = 0;
    }
    if (poll(entries, count, timeout) < 0) return (int)result(-1);
    for (unsigned index = 0; index < count; index++) {
        struct pollfd *entry = &entries[index];
        if (entry->events == 0) {
            entry->revents = 0;
        } else if (is_device(entry->fd)) {
            entry->revents = POLLNVAL;
        }
        ready += entry->revents != 0;
    }
    return ready;
}

static void sh_bzero(void *start, size_t size) { memset(start, 0, size); }

static int sh_getentropy(void *buffer, size_t size) {
    return size > 256 ? refuse(5) : (int)result(getentropy(buffer, size));
}

// A connection has the flags of the socket that it came through.
static int sh_accept(int fd, void *address, void *size) {
    if (address != NULL || size != NULL) fail("accept is asked for an address");
    int flags = fcntl(fd, F_GETFL);
    int connection = accept(fd, NULL, NULL);
    if (connection >= 0 && flags & O_NONBLOCK) {
        fcntl(connection, F_SETFL, fcntl(connection, F_GETFL) | O_NONBLOCK);
    }
    return (int)result(connection);
}

static clockid_t guest_clock(int id) {
    switch (id) {
    case 0: return CLOCK_REALTIME;
    case 6: return CLOCK_MONOTONIC;
    case 12: return CLOCK_PROCESS_CPUTIME_ID;
    case 16: return CLOCK_THREAD_CPUTIME_ID;
    default: fail("unknown clock %d", id);
    }
}

// As a system that knows none of the names.
static int sh_sysctlbyname(const char *name, void *value, size_t *size, void *new, size_t new_size) {
    if (strncmp(name, "hw.optional.", 12) != 0) fail("unknown name `%s` of sysctlbyname", name);
    return refuse(2);
}

static char ***sh_environ(void) { return &environ; }

struct guest_sigaction {
    guest_handler *handler;
    uint32_t mask;
    int flags;
};

static int sh_sigaction(int guest, const struct guest_sigaction *action, void *former) {
    if (former != NULL || action == NULL) fail("sigaction is asked for the former action");
    return set_action(guest, action->handler, (unsigned)action->flags);
}

// --- Registers

#ifdef __x86_64__
struct guest_machine {
    uint16_t trap_number, processor;
    uint32_t error;
    uint64_t address;
    uint64_t rax, rbx, rcx, rdx, rdi, rsi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15, rip,
        rflags, cs, fs, gs;
    unsigned char floats[528];
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
}
static void to_host(const struct guest_machine *guest, mcontext_t *host) {
    FOR_EACH_REGISTER(TO_HOST)
}
#else
struct guest_machine {
    uint64_t address;
    uint32_t syndrome, exception;
    uint64_t x[29], fp, lr, sp, pc;
    uint32_t cpsr, padding0;
    __uint128_t vectors[32];
    uint32_t float_status, float_control;
};
static void to_guest(const mcontext_t *host, struct guest_machine *guest) {
    memcpy(guest->x, host->regs, sizeof guest->x);
    guest->fp = host->regs[29];
    guest->lr = host->regs[30];
    guest->sp = host->sp;
    guest->pc = host->pc;
    guest->cpsr = (uint32_t)host->pstate;
}
static void to_host(const struct guest_machine *guest, mcontext_t *host) {
    memcpy(host->regs, guest->x, sizeof guest->x);
    host->regs[29] = guest->fp;
    host->regs[30] = guest->lr;
    host->sp = guest->sp;
    host->pc = guest->pc;
    host->pstate = guest->cpsr;
}
#endif

struct guest_context {
    int on_stack;
    uint32_t mask;
    struct guest_stack stack;
    void *link;
    uint64_t machine_size;
    struct guest_machine *machine;
};

static void call_handler(guest_handler *handler, int signal, struct guest_siginfo *information,
                         ucontext_t *host) {
    struct guest_machine machine;
    memset(&machine, 0, sizeof machine);
    to_guest(&host->uc_mcontext, &machine);
    struct guest_context guest = {.machine_size = sizeof machine, .machine = &machine};
    handler(signal, information, &guest);
    to_host(&machine, &host->uc_mcontext);
}

// --- Symbols

static void never_called(void) { fail("dyld_stub_binder was called: everything is bound already"); }

static const struct symbol SYMBOLS[] = {
    COMMON_SYMBOLS, SHIM(bzero), SHIM(getentropy), SHIM(accept), SHIM(sysctlbyname),
    {"bcmp", (void *)memcmp}, {"__bzero", (void *)sh_bzero}, {"__error", (void *)sh_error},
    {"_NSGetEnviron", (void *)sh_environ}, {"close$NOCANCEL", (void *)sh_close},
    {"fstat$INODE64", (void *)sh_fstat}, {"fstatat$INODE64", (void *)sh_fstatat},
    {"fdopendir$INODE64", (void *)sh_fdopendir}, {"readdir$INODE64", (void *)sh_readdir},
};

// The names of C begin with `_` in the format.
static uint64_t address_of(const char *name) {
    if (strcmp(name, "dyld_stub_binder") == 0) return (uint64_t)never_called;
    for (size_t index = 0; index < sizeof SYMBOLS / sizeof *SYMBOLS; index++) {
        if (*name == '_' && strcmp(SYMBOLS[index].name, name + 1) == 0) {
            return (uint64_t)SYMBOLS[index].address;
        }
    }
    fail("the program imports `%s`, which is not known here", name);
}

// --- Loading

struct command {
    uint32_t kind, size;
};

struct segment {
    struct command command;
    char name[16];
    uint64_t vaddr, memory_bytes, file_offset, file_bytes;
    int maximum_protection, protection;
    uint32_t section_count, flags;
};

#define MAXIMUM_SEGMENTS 32
#define SEGMENT_READ_ONLY 0x10

static struct {
    const unsigned char *file;
    size_t file_bytes;
    // What an address in the file is moved by.
    uint64_t slide;
    uint64_t header_vaddr;
    const struct segment *segments[MAXIMUM_SEGMENTS];
    unsigned segment_count;
} image;

static uint64_t *pointer_at(unsigned segment, uint64_t offset) {
    if (segment >= image.segment_count || offset + 8 > image.segments[segment]->memory_bytes) {
        fail("a pointer to adjust is outside of its segment");
    }
    return (uint64_t *)(image.segments[segment]->vaddr + offset + image.slide);
}

static uint64_t read_uleb(const unsigned char **place) {
    uint64_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
        unsigned char byte = *(*place)++;
        if (shift < 64) number |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return number;
    }
}

// `REBASE_OPCODE_…`: pointers into the image.
static void rebase(const unsigned char *place, const unsigned char *end) {
    unsigned segment = 0;
    uint64_t offset = 0, count, skip;
    while (place < end) {
        unsigned immediate = *place & 0xf, opcode = *place++ & 0xf0;
        count = 0;
        skip = 0;
        switch (opcode) {
        case 0x00: return;
        case 0x10: if (immediate != 1) fail("a pointer of an unknown type"); break;
        case 0x20: segment = immediate; offset = read_uleb(&place); break;
        case 0x30: offset += read_uleb(&place); break;
        case 0x40: offset += immediate * 8; break;
        case 0x50: count = immediate; break;
        case 0x60: count = read_uleb(&place); break;
        case 0x70: count = 1; skip = read_uleb(&place); break;
        case 0x80: count = read_uleb(&place); skip = read_uleb(&place); break;
        default: fail("unknown opcode %#x of rebasing", opcode);
        }
        for (; count > 0; count--, offset += 8 + skip) *pointer_at(segment, offset) += image.slide;
    }
}

// `BIND_OPCODE_…`: pointers to what is imported. In the lazy table an entry ends with what ends others.
static void bind_imports(const unsigned char *place, const unsigned char *end, int is_lazy) {
    const char *name = "";
    unsigned segment = 0;
    uint64_t offset = 0, count, skip;
    while (place < end) {
        unsigned immediate = *place & 0xf, opcode = *place++ & 0xf0;
        count = 0;
        skip = 0;
        switch (opcode) {
        case 0x00: if (!is_lazy) return; break;
        case 0x10: if (immediate != 1) fail("an import from an unknown library"); break;
        case 0x40:
            name = (const char *)place;
            place += strlen(name) + 1;
            break;
        case 0x50: if (immediate != 1) fail("an import of an unknown type"); break;
        case 0x70: segment = immediate; offset = read_uleb(&place); break;
        case 0x80: offset += read_uleb(&place); break;
        case 0x90: count = 1; break;
        case 0xa0: count = 1; skip = read_uleb(&place); break;
        case 0xb0: count = 1; skip = immediate * 8; break;
        case 0xc0: count = read_uleb(&place); skip = read_uleb(&place); break;
        default: fail("unknown opcode %#x of binding", opcode);
        }
        for (; count > 0; count--, offset += 8 + skip) {
            *pointer_at(segment, offset) = address_of(name);
        }
    }
}

static const void *in_file(uint64_t offset, uint64_t size) {
    if (offset > image.file_bytes || size > image.file_bytes - offset) {
        fail("a part of the file is outside of it");
    }
    return image.file + offset;
}

// `dyld_chained_fixups_header`: each page's first pointer to adjust says where the next one is.
static void follow_chains(const unsigned char *data) {
    uint32_t header[7];
    memcpy(header, data, sizeof header);
    if (header[0] != 0 || header[5] != 1 || header[6] != 0) fail("chained fixups of unknown kind");
    const unsigned char *starts = data + header[1];
    uint32_t count, offset;
    memcpy(&count, starts, 4);
    for (uint32_t segment = 0; segment < count; segment++) {
        memcpy(&offset, starts + 4 + 4 * segment, 4);
        if (offset == 0) continue;
        uint16_t page_bytes, format, pages, first;
        uint64_t segment_offset;
        memcpy(&page_bytes, starts + offset + 4, 2);
        memcpy(&format, starts + offset + 6, 2);
        memcpy(&segment_offset, starts + offset + 8, 8);
        memcpy(&pages, starts + offset + 20, 2);
        // DYLD_CHAINED_PTR_64 has addresses, DYLD_CHAINED_PTR_64_OFFSET distances from the header.
        if (format != 2 && format != 6) fail("chained pointers of the unknown format %d", format);
        for (unsigned page = 0; page < pages; page++) {
            memcpy(&first, starts + offset + 22 + 2 * page, 2);
            if (first == 0xffff) continue;
            for (uint64_t at = (uint64_t)page * page_bytes + first;;) {
                uint64_t *place = pointer_at(segment, at), value = *place;
                if (value >> 63) {
                    uint32_t import;
                    memcpy(&import, data + header[2] + 4 * (value & 0xffffff), 4);
                    *place = address_of((const char *)data + header[3] + (import >> 9))
                             + (value >> 24 & 0xff);
                } else {
                    uint64_t target = value & 0xfffffffffULL;
                    *place = target + (format == 6 ? image.header_vaddr : 0) + image.slide;
                    *place |= (value >> 36 & 0xff) << 56;
                }
                uint64_t next = value >> 51 & 0xfff;
                if (next == 0) break;
                at += next * 4;
            }
        }
    }
}

static void map_segment(const struct segment *segment, int fd) {
    char *start = (char *)(segment->vaddr + image.slide);
    if (segment->vaddr % GUEST_PAGE_BYTES != 0 || segment->file_offset % GUEST_PAGE_BYTES != 0) {
        fail("a segment is not aligned to pages");
    }
    if ((segment->protection & 6) == 6) fail("a segment is writable and executable");
    in_file(segment->file_offset, segment->file_bytes);
    if (segment->file_bytes > segment->memory_bytes) fail("a segment is larger in the file");
    if (segment->file_bytes > 0
        && mmap(start, segment->file_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd,
                (off_t)segment->file_offset) == MAP_FAILED) {
        fail("cannot map a segment");
    }
    uint64_t page_end = (segment->file_bytes + 4095) & ~4095ULL;
    memset(start + segment->file_bytes, 0, page_end - segment->file_bytes);
    if (segment->memory_bytes > page_end
        && mmap(start + page_end, segment->memory_bytes - page_end, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) {
        fail("cannot map a segment");
    }
}

static void protect_segment(const struct segment *segment) {
    char *start = (char *)(segment->vaddr + image.slide);
    int protection = segment->flags & SEGMENT_READ_ONLY ? PROT_READ : segment->protection;
    if (segment->memory_bytes == 0) return;
    if (mprotect(start, segment->memory_bytes, protection) != 0) fail("cannot protect a segment");
    if (protection & PROT_EXEC) __builtin___clear_cache(start, start + segment->memory_bytes);
}

#ifdef __x86_64__
#define PROCESSOR 0x01000007
#else
#define PROCESSOR 0x0100000c
#endif

int main(int count, char **arguments) {
    if (count < 2) fail("a program is missing");
    int fd;
    image.file = read_file(arguments[1], &image.file_bytes, &fd);
    uint32_t header[8];
    memcpy(header, in_file(0, sizeof header), sizeof header);
    // MH_EXECUTE, MH_PIE.
    if (header[0] != 0xfeedfacf || header[1] != PROCESSOR || header[3] != 2
        || !(header[6] & 0x200000)) {
        fail("%s is no position-independent executable for macOS on this processor", arguments[1]);
    }
    const unsigned char *commands = in_file(sizeof header, header[5]), *place = commands;
    uint32_t info[10] = {0}, chains = 0;
    uint64_t entry = 0, end_vaddr = 0;
    for (uint32_t index = 0; index < header[4]; index++) {
        struct command command;
        memcpy(&command, place, sizeof command);
        const struct segment *segment = (const void *)place;
        switch (command.kind) {
        case 0x19: // LC_SEGMENT_64
            if (image.segment_count == MAXIMUM_SEGMENTS) fail("too many segments");
            if (segment->vaddr < end_vaddr) fail("segments are not ascending");
            end_vaddr = segment->vaddr + segment->memory_bytes;
            image.segments[image.segment_count++] = segment;
            if (segment->file_offset == 0 && segment->file_bytes > 0) {
                image.header_vaddr = segment->vaddr;
            }
            break;
        case 0xc: // LC_LOAD_DYLIB
            if (strcmp((const char *)place + 24, "/usr/lib/libSystem.B.dylib") != 0) {
                fail("the program needs the library %s", place + 24);
            }
            break;
        case 0x80000022: // LC_DYLD_INFO_ONLY
            memcpy(info, place + 8, sizeof info);
            break;
        case 0x80000034: // LC_DYLD_CHAINED_FIXUPS
            memcpy(&chains, place + 8, 4);
            break;
        case 0x80000028: // LC_MAIN
            memcpy(&entry, place + 8, 8);
            break;
        default:
            break;
        }
        place += command.size;
    }
    if (place != commands + header[5]) fail("the load commands have another size");
    if (entry == 0) fail("the program has no main function");

    // Somewhere else than where it was linked for, as far from there as pages allow.
    size_t room = end_vaddr - image.header_vaddr + GUEST_PAGE_BYTES;
    char *start = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) fail("there is no room for the image");
    start += -(uintptr_t)start & (GUEST_PAGE_BYTES - 1);
    image.slide = (uint64_t)start - image.header_vaddr;
    for (unsigned index = 0; index < image.segment_count; index++) {
        if (image.segments[index]->vaddr >= image.header_vaddr) {
            map_segment(image.segments[index], fd);
        }
    }
    close(fd);
    const unsigned char *tables[5];
    for (int table = 0; table < 5; table++) {
        tables[table] = in_file(info[2 * table], info[2 * table + 1]);
    }
    rebase(tables[0], tables[0] + info[1]);
    bind_imports(tables[1], tables[1] + info[3], 0);
    if (info[5] != 0) fail("the program has weak imports");
    bind_imports(tables[3], tables[3] + info[7], 1);
    if (chains != 0) follow_chains(in_file(chains, 28));
    for (unsigned index = 0; index < image.segment_count; index++) {
        if (image.segments[index]->vaddr >= image.header_vaddr) {
            protect_segment(image.segments[index]);
        }
    }
    char *apple[] = {NULL};
    int (*guest_main)(int, char **, char **, char **) = (void *)(start + entry);
    _exit(guest_main(count - 1, arguments + 1, environ, apple));
}
