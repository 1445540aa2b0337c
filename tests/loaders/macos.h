// macOS, in terms of Linux: its numbers, structures and functions, as far as programs import them from
// `libSystem`. Included once by the loader. Sources: `sys/{errno,fcntl,mman,signal,_ucontext,stat,
// dirent}.h`, `mach/{i386,arm}/_structs.h`; Apple, "Writing ARM64 code for Apple platforms".

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
#define GUEST_AF_INET6 30
#define GUEST_SOCK_CLOEXEC 0
#define GUEST_SOCK_NONBLOCK 0
#define GUEST_SIGNAL_WORDS 1
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

static int refused(int fd, const char *path, enum right right) {
    (void)fd, (void)path, (void)right;
    return 0;
}

static void inherit_rights(int fd, int from) { (void)fd, (void)from; }
#include "signals.h"

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

static int sh_executable_path(char *buffer, uint32_t *size) {
    size_t length = strlen(program_path) + 1;
    if (length > *size) return -1;
    memcpy(buffer, program_path, length);
    return 0;
}

static char *sh_realpath(const char *path, char *buffer) {
    if (buffer == NULL) fail("realpath is asked for memory");
    char *real = realpath(path, buffer);
    if (real == NULL) result(-1);
    return real;
}

struct guest_user {
    const char *name, *password;
    uint32_t user, group;
    int64_t change;
    const char *class, *description, *home, *shell;
    int64_t expires;
};

static struct guest_user *sh_getpwuid(uint32_t user) {
    static struct guest_user converted;
    const struct passwd *host = getpwuid(user);
    if (host == NULL) return NULL;
    converted = (struct guest_user){.name = host->pw_name, .user = user, .home = host->pw_dir};
    return &converted;
}

static char ***sh_environ(void) { return &environ; }

struct guest_sigaction {
    guest_handler *handler;
    uint32_t mask;
    int flags;
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
