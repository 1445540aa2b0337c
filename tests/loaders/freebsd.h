// FreeBSD, in terms of Linux: its numbers, structures and functions, as far as programs import them from
// `libc.so.7`. Included once by the loader. Sources: `sys/sys/{errno,fcntl,mman,signal,_ucontext,stat,
// dirent}.h`, `sys/x86/include/ucontext.h`, `sys/arm64/include/ucontext.h`.

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
#define GUEST_AF_INET6 28
#define GUEST_SOCK_CLOEXEC 0x10000000
#define GUEST_SOCK_NONBLOCK 0x20000000
#define GUEST_SIGNAL_WORDS 4
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
#include "capsicum.h"
#include "signals.h"

// --- What only FreeBSD has

static int sh_openat(int fd, const char *path, int flags, int mode) {
    return open_at(directory(fd), path, flags, mode);
}

static int sh_open(const char *path, int flags, int mode) {
    return open_at(AT_FDCWD, path, flags, mode);
}

static int sh_fcntl(int fd, int command, int64_t argument) {
    // F_DUPFD_CLOEXEC.
    if (command == 17) {
        int other = fcntl(fd, F_DUPFD_CLOEXEC, (int)argument);
        if (other >= 0) inherit_rights(other, fd);
        return (int)result(other);
    }
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

// Entries as in `struct guest_dirent`, each as long as its name.
static int64_t sh_getdirentries(int fd, char *buffer, size_t size, int64_t *base) {
    struct linux_entry {
        uint64_t inode;
        int64_t offset;
        uint16_t length;
        uint8_t kind;
        char name[];
    };
    char host[1024] __attribute__((aligned(8)));
    if (refused(fd, NULL, RIGHT_READ)) return -1;
    // A guest's entry takes no more than twice what Linux' does.
    if (base != NULL || size < 2 * sizeof host) fail("getdirentries is asked for more");
    int64_t filled = result(syscall(SYS_getdents64, fd, host, sizeof host));
    size_t used = 0;
    for (int64_t at = 0; at < filled;) {
        const struct linux_entry *entry = (const void *)(host + at);
        struct guest_dirent *converted = (void *)(buffer + used);
        size_t length = strlen(entry->name);
        size_t record = (offsetof(struct guest_dirent, name) + length + 8) & ~7UL;
        memset(converted, 0, record);
        converted->inode = entry->inode;
        converted->offset = entry->offset;
        converted->record_length = (uint16_t)record;
        converted->kind = entry->kind;
        converted->name_length = (uint16_t)length;
        memcpy(converted->name, entry->name, length);
        used += record;
        at += entry->length;
    }
    return filled < 0 ? filled : (int64_t)used;
}

// Where the program's file is: CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, this process.
static int sh_sysctl(const int *name, unsigned parts, char *value, size_t *size, const void *new,
                     size_t new_size) {
    if (parts != 4 || name[0] != 1 || name[1] != 14 || name[2] != 12 || name[3] != -1
        || new != NULL || new_size != 0) {
        fail("sysctl is asked for something else");
    }
    size_t length = strlen(program_path) + 1;
    if (length > *size) return refuse(12);
    memcpy(value, program_path, length);
    *size = length;
    return 0;
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

static int sh_sigaction(int guest, const struct guest_sigaction *action,
                        struct guest_sigaction *former) {
    if (former != NULL) *former = (struct guest_sigaction){.handler = former_handler(guest)};
    if (action == NULL) return 0;
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
