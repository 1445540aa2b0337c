// What FreeBSD and macOS have alike, in terms of Linux: numbers of errors, flags, structures and the
// functions whose arguments are made of these. Included once for each system, which first defines the
// constants named `GUEST_…` and then adds what only it has.
//
// "Guest" is the program that is loaded. A number or flag that is not known here ends the process: it
// would be a gap in what the loader proves.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

extern char **environ;

#define LOADER_FAILED 127

// Where the program's file is.
static char program_path[4096];

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", LOADER_NAME);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    _exit(LOADER_FAILED);
}

// --- Errors: both systems share the numbers of 4.4BSD, up to 78, and differ behind.

static int guest_errno;

static int *sh_error(void) { return &guest_errno; }

static int guest_error(int error) {
    static const unsigned char BSD[][2] = {
        {EAGAIN, 35}, {EINPROGRESS, 36}, {EALREADY, 37}, {ENOTSOCK, 38}, {EDESTADDRREQ, 39},
        {EMSGSIZE, 40}, {EPROTOTYPE, 41}, {ENOPROTOOPT, 42}, {EPROTONOSUPPORT, 43},
        {EAFNOSUPPORT, 47}, {EADDRINUSE, 48}, {EADDRNOTAVAIL, 49}, {ENETDOWN, 50},
        {ENETUNREACH, 51}, {ENETRESET, 52}, {ECONNABORTED, 53}, {ECONNRESET, 54}, {ENOBUFS, 55},
        {EISCONN, 56}, {ENOTCONN, 57}, {ETIMEDOUT, 60}, {ECONNREFUSED, 61}, {ELOOP, 62},
        {ENAMETOOLONG, 63}, {EHOSTUNREACH, 65}, {ENOTEMPTY, 66}, {EDQUOT, 69}, {ESTALE, 70},
        {EDEADLK, 11}, {ENOLCK, 77}, {ENOSYS, 78}, {EOVERFLOW, 84},
        {EOPNOTSUPP, GUEST_EOPNOTSUPP}, {ECANCELED, GUEST_ECANCELED}, {EILSEQ, GUEST_EILSEQ},
    };
    for (size_t index = 0; index < sizeof BSD / sizeof *BSD; index++) {
        if (BSD[index][0] == error) return BSD[index][1];
    }
    // EPERM to ERANGE are the same everywhere, but for EAGAIN.
    if (error > 34) fail("no number for the error %d", error);
    return error;
}

// The result of a call; -1 sets the guest's error.
static int64_t result(int64_t value) {
    if (value == -1) guest_errno = guest_error(errno);
    return value;
}

static int refuse(int guest_number) {
    guest_errno = guest_number;
    return -1;
}

// --- Flags

struct flag {
    unsigned guest;
    unsigned host;
};

static unsigned translate(const struct flag *table, size_t count, unsigned flags, const char *what) {
    unsigned translated = 0;
    for (size_t index = 0; index < count; index++) {
        if (table[index].guest != 0 && (flags & table[index].guest) == table[index].guest) {
            translated |= table[index].host;
            flags &= ~table[index].guest;
        }
    }
    if (flags != 0) fail("unknown flags %#x of %s", flags, what);
    return translated;
}

#define TRANSLATE(table, flags, what) translate(table, sizeof table / sizeof *table, flags, what)

#define GUEST_O_NONBLOCK 4
#define GUEST_O_APPEND 8

// O_SEARCH is what O_PATH is for directories.
static const struct flag OPEN_FLAGS[] = {
    {1, O_WRONLY}, {2, O_RDWR}, {GUEST_O_NONBLOCK, O_NONBLOCK}, {GUEST_O_APPEND, O_APPEND},
    {0x80, O_SYNC}, {0x100, O_NOFOLLOW}, {0x200, O_CREAT}, {0x400, O_TRUNC}, {0x800, O_EXCL},
    {GUEST_O_NOCTTY, O_NOCTTY}, {GUEST_O_DIRECTORY, O_DIRECTORY}, {GUEST_O_CLOEXEC, O_CLOEXEC},
    {GUEST_O_DSYNC, O_DSYNC}, {GUEST_O_EXEC, O_PATH},
};

// What a call needs of a file; a system that holds files to such rights says which, see capsicum.h.
enum right {
    RIGHT_READ, RIGHT_WRITE, RIGHT_SEEK, RIGHT_CREATE, RIGHT_EXECUTE, RIGHT_SYNC, RIGHT_TRUNCATE,
    RIGHT_LOOKUP, RIGHT_FLAGS, RIGHT_STATUS, RIGHT_TIMES, RIGHT_LINK, RIGHT_MAKE_DIRECTORY, RIGHT_RENAME,
    RIGHT_MAKE_LINK, RIGHT_REMOVE, RIGHT_EVENT, RIGHT_REQUEST,
};

// Whether the system refuses the call on a file, or on a path from it; it has set the error then.
static int refused(int fd, const char *path, enum right right);
// The new file is held to what the one that it was found from is.
static void inherit_rights(int fd, int from);

static int directory(int fd) { return fd == GUEST_AT_FDCWD ? AT_FDCWD : fd; }

static int at_flags(int flags) {
    static const struct flag TABLE[] = {
        {GUEST_AT_SYMLINK_NOFOLLOW, AT_SYMLINK_NOFOLLOW},
        {GUEST_AT_SYMLINK_FOLLOW, AT_SYMLINK_FOLLOW},
        {GUEST_AT_REMOVEDIR, AT_REMOVEDIR},
    };
    return (int)TRANSLATE(TABLE, (unsigned)flags, "a call on a name");
}

// --- Files

static int open_at(int fd, const char *path, int flags, int mode) {
    if (flags & GUEST_O_EXEC) {
        if (refused(fd, path, RIGHT_EXECUTE)) return -1;
    } else {
        if ((flags & 3) != 1 && refused(fd, path, RIGHT_READ)) return -1;
        if ((flags & 3) != 0 && refused(fd, path, RIGHT_WRITE)) return -1;
    }
    if (flags & 0x200 && refused(fd, path, RIGHT_CREATE)) return -1;
    if (flags & 0x400 && refused(fd, path, RIGHT_TRUNCATE)) return -1;
    int opened = openat(fd, path, (int)TRANSLATE(OPEN_FLAGS, (unsigned)flags, "open"), mode);
    int error = errno;
    if (opened < 0 && (error == ELOOP || error == ENOTDIR) && flags & 0x100) {
        // The system has one word for a link that is not to be followed, whatever else is asked for.
        struct stat status;
        if (fstatat(fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode)) {
            return refuse(GUEST_OPEN_LINK_ERROR);
        }
    }
    errno = error;
    if (opened >= 0) inherit_rights(opened, fd);
    return (int)result(opened);
}

static int64_t status_flags(int fd) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) return result(-1);
    int guest = flags & O_ACCMODE;
    if (flags & O_APPEND) guest |= GUEST_O_APPEND;
    if (flags & O_NONBLOCK) guest |= GUEST_O_NONBLOCK;
    return guest;
}

static int64_t set_status_flags(int fd, int64_t guest) {
    static const struct flag TABLE[] = {
        {1, O_WRONLY}, {2, O_RDWR}, {GUEST_O_NONBLOCK, O_NONBLOCK}, {GUEST_O_APPEND, O_APPEND},
    };
    return result(fcntl(fd, F_SETFL, (int)TRANSLATE(TABLE, (unsigned)guest, "F_SETFL")));
}

#define GUEST_F_GETFD 1
#define GUEST_F_SETFD 2
#define GUEST_F_GETFL 3
#define GUEST_F_SETFL 4

// The commands that both systems have.
static int64_t control_file(int fd, int command, int64_t argument) {
    if (refused(fd, NULL, RIGHT_FLAGS)) return -1;
    switch (command) {
    case GUEST_F_GETFD:
        return result(fcntl(fd, F_GETFD));
    case GUEST_F_SETFD:
        return result(fcntl(fd, F_SETFD, (int)argument));
    case GUEST_F_GETFL:
        return status_flags(fd);
    case GUEST_F_SETFL:
        return set_status_flags(fd, argument);
    default:
        fail("unknown command %d of fcntl", command);
    }
}

static int sh_unlinkat(int fd, const char *path, int flags) {
    if (refused(fd, path, RIGHT_REMOVE)) return -1;
    int host_flags = at_flags(flags);
    if (unlinkat(directory(fd), path, host_flags) == 0) return 0;
    // POSIX has another error for a directory than Linux.
    return errno == EISDIR ? refuse(1) : (int)result(-1);
}

static int sh_renameat(int from, const char *old, int to, const char *new) {
    if (refused(from, old, RIGHT_RENAME)) return -1;
    if (refused(to, new, RIGHT_RENAME)) return -1;
    return (int)result(renameat(directory(from), old, directory(to), new));
}

static int sh_linkat(int from, const char *old, int to, const char *new, int flags) {
    if (refused(from, old, RIGHT_LINK)) return -1;
    if (refused(to, new, RIGHT_LINK)) return -1;
    return (int)result(linkat(directory(from), old, directory(to), new, at_flags(flags)));
}

static int sh_symlinkat(const char *target, int fd, const char *path) {
    if (refused(fd, path, RIGHT_MAKE_LINK)) return -1;
    return (int)result(symlinkat(target, directory(fd), path));
}

static int sh_mkdirat(int fd, const char *path, int mode) {
    if (refused(fd, path, RIGHT_MAKE_DIRECTORY)) return -1;
    return (int)result(mkdirat(directory(fd), path, (mode_t)mode));
}

static int64_t sh_readlinkat(int fd, const char *path, char *buffer, size_t size) {
    if (refused(fd, path, RIGHT_LOOKUP)) return -1;
    return result(readlinkat(directory(fd), path, buffer, size));
}

// UTIME_NOW and UTIME_OMIT are -1 and -2.
static const struct timespec *times(const struct timespec *guest, struct timespec host[2]) {
    for (int index = 0; index < 2; index++) {
        host[index] = guest[index];
        if (guest[index].tv_nsec == -1) host[index].tv_nsec = UTIME_NOW;
        if (guest[index].tv_nsec == -2) host[index].tv_nsec = UTIME_OMIT;
    }
    return host;
}

static int sh_futimens(int fd, const struct timespec *guest) {
    if (refused(fd, NULL, RIGHT_TIMES)) return -1;
    struct timespec host[2];
    return (int)result(futimens(fd, times(guest, host)));
}

static int sh_utimensat(int fd, const char *path, const struct timespec *guest, int flags) {
    if (refused(fd, path, RIGHT_TIMES)) return -1;
    struct timespec host[2];
    return (int)result(utimensat(directory(fd), path, times(guest, host), at_flags(flags)));
}

static int converted_status(int outcome, const struct stat *host, void *guest) {
    if (outcome != 0) return (int)result(-1);
    struct guest_stat converted;
    memset(&converted, 0, sizeof converted);
    converted.device = (typeof(converted.device))host->st_dev;
    converted.mode = (uint16_t)host->st_mode;
    converted.links = (typeof(converted.links))host->st_nlink;
    converted.inode = host->st_ino;
    converted.user = host->st_uid;
    converted.group = host->st_gid;
    converted.accessed = host->st_atim;
    converted.modified = host->st_mtim;
    converted.changed = host->st_ctim;
    converted.size = host->st_size;
    converted.blocks = host->st_blocks;
    converted.block_size = (int32_t)host->st_blksize;
    memcpy(guest, &converted, sizeof converted);
    return 0;
}

static int sh_fstat(int fd, void *guest) {
    if (refused(fd, NULL, RIGHT_STATUS)) return -1;
    struct stat host;
    return converted_status(fstat(fd, &host), &host, guest);
}

static int sh_fstatat(int fd, const char *path, void *guest, int flags) {
    if (refused(fd, path, RIGHT_STATUS)) return -1;
    struct stat host;
    return converted_status(fstatat(directory(fd), path, &host, at_flags(flags)), &host, guest);
}

static void *sh_fdopendir(int fd) {
    DIR *stream = fdopendir(fd);
    if (stream == NULL) result(-1);
    return stream;
}

// An entry is valid until the next one is read.
static void *sh_readdir(DIR *stream) {
    static struct guest_dirent entry;
    errno = 0;
    struct dirent *host = readdir(stream);
    if (host == NULL) {
        if (errno != 0) result(-1);
        return NULL;
    }
    size_t length = strlen(host->d_name);
    memset(&entry, 0, sizeof entry);
    entry.inode = host->d_ino;
    entry.kind = host->d_type;
    entry.name_length = (typeof(entry.name_length))length;
    entry.record_length = (uint16_t)((offsetof(struct guest_dirent, name) + length + 8) & ~7UL);
    memcpy(entry.name, host->d_name, length + 1);
    return &entry;
}

static int sh_closedir(DIR *stream) { return (int)result(closedir(stream)); }

static int64_t sh_write(int fd, const void *bytes, size_t count) {
    if (refused(fd, NULL, RIGHT_WRITE)) return -1;
    return result(write(fd, bytes, count));
}

static int64_t sh_read(int fd, void *bytes, size_t count) {
    if (refused(fd, NULL, RIGHT_READ)) return -1;
    if (count > GUEST_MAXIMUM_TRANSFER) return refuse(22);
    return result(read(fd, bytes, count));
}

static int64_t sh_pread(int fd, void *bytes, size_t count, int64_t offset) {
    if (refused(fd, NULL, RIGHT_READ)) return -1;
    if (count > GUEST_MAXIMUM_TRANSFER) return refuse(22);
    return result(pread(fd, bytes, count, offset));
}

static int64_t sh_pwrite(int fd, const void *bytes, size_t count, int64_t offset) {
    if (refused(fd, NULL, RIGHT_WRITE)) return -1;
    if (count > GUEST_MAXIMUM_TRANSFER) return refuse(22);
    return result(pwrite(fd, bytes, count, offset));
}

static int check_vectors(const struct iovec *vectors, int count) {
    uint64_t total = 0;
    for (int index = 0; index < count; index++) total += vectors[index].iov_len;
    return total > GUEST_MAXIMUM_TRANSFER ? refuse(22) : 0;
}

static int64_t sh_readv(int fd, const struct iovec *vectors, int count) {
    if (refused(fd, NULL, RIGHT_READ)) return -1;
    return check_vectors(vectors, count) ? -1 : result(readv(fd, vectors, count));
}

static int64_t sh_writev(int fd, const struct iovec *vectors, int count) {
    if (refused(fd, NULL, RIGHT_WRITE)) return -1;
    return check_vectors(vectors, count) ? -1 : result(writev(fd, vectors, count));
}

static int64_t sh_preadv(int fd, const struct iovec *vectors, int count, int64_t offset) {
    if (refused(fd, NULL, RIGHT_READ)) return -1;
    return check_vectors(vectors, count) ? -1 : result(preadv(fd, vectors, count, offset));
}

static int64_t sh_pwritev(int fd, const struct iovec *vectors, int count, int64_t offset) {
    if (refused(fd, NULL, RIGHT_WRITE)) return -1;
    return check_vectors(vectors, count) ? -1 : result(pwritev(fd, vectors, count, offset));
}

static int64_t sh_lseek(int fd, int64_t offset, int whence) {
    if (refused(fd, NULL, RIGHT_SEEK)) return -1;
    return result(lseek(fd, offset, whence));
}

static int sh_close(int fd) {
    inherit_rights(fd, -1);
    return (int)result(close(fd));
}

static int sh_dup(int fd) {
    int other = dup(fd);
    if (other >= 0) inherit_rights(other, fd);
    return (int)result(other);
}

static int sh_dup2(int fd, int other) {
    inherit_rights(other, fd);
    return (int)result(dup2(fd, other));
}

static int sh_pipe(int ends[2]) {
    int made = pipe(ends);
    for (int end = 0; made == 0 && end < 2; end++) inherit_rights(ends[end], -1);
    return (int)result(made);
}

static int sh_fsync(int fd) {
    if (refused(fd, NULL, RIGHT_SYNC)) return -1;
    return (int)result(fsync(fd));
}
static int sh_ftruncate(int fd, int64_t size) {
    if (refused(fd, NULL, RIGHT_TRUNCATE)) return -1;
    return (int)result(ftruncate(fd, size));
}

static int sh_isatty(int fd) {
    int is_terminal = isatty(fd);
    if (!is_terminal) result(-1);
    return is_terminal;
}

static char *sh_getcwd(char *buffer, size_t size) {
    char *path = getcwd(buffer, size);
    if (path == NULL) result(-1);
    return path;
}

#define GUEST_FIONREAD 0x4004667fUL

static int sh_ioctl(int fd, unsigned long request, void *argument) {
    if (refused(fd, NULL, RIGHT_REQUEST)) return -1;
    if (request != GUEST_FIONREAD) fail("unknown request %#lx of ioctl", request);
    return (int)result(ioctl(fd, FIONREAD, argument));
}

// --- Memory

static int map_flags(int flags) {
    static const struct flag TABLE[] = {
        {1, MAP_SHARED}, {2, MAP_PRIVATE}, {0x10, MAP_FIXED}, {0x1000, MAP_ANONYMOUS},
    };
    return (int)TRANSLATE(TABLE, (unsigned)flags, "mmap") | MAP_NORESERVE;
}

// Memory with pages as large as the guest believes.
static void *sh_mmap(void *start, size_t size, int protection, int flags, int fd, int64_t offset) {
    if (fd != -1 || start != NULL) fail("mmap of a file, or at an address");
    size = (size + GUEST_PAGE_BYTES - 1) & ~(size_t)(GUEST_PAGE_BYTES - 1);
    size_t room = size + GUEST_PAGE_BYTES;
    if (size == 0 || room < size) {
        refuse(size == 0 ? 22 : 12);
        return MAP_FAILED;
    }
    char *mapped = mmap(NULL, room, protection, map_flags(flags), fd, offset);
    if (mapped == MAP_FAILED) {
        result(-1);
        return MAP_FAILED;
    }
    char *aligned = mapped + (-(uintptr_t)mapped & (GUEST_PAGE_BYTES - 1));
    size_t before = (size_t)(aligned - mapped);
    if (before > 0) munmap(mapped, before);
    munmap(aligned + size, room - before - size);
    return aligned;
}

static int is_page(const void *start) { return ((uintptr_t)start & (GUEST_PAGE_BYTES - 1)) == 0; }

static int sh_mprotect(void *start, size_t size, int protection) {
    if (!is_page(start)) return refuse(22);
    size = (size + GUEST_PAGE_BYTES - 1) & ~(size_t)(GUEST_PAGE_BYTES - 1);
    return (int)result(mprotect(start, size, protection));
}

static int sh_munmap(void *start, size_t size) {
    if (!is_page(start)) return refuse(22);
    size = (size + GUEST_PAGE_BYTES - 1) & ~(size_t)(GUEST_PAGE_BYTES - 1);
    return (int)result(munmap(start, size));
}

static long sh_sysconf(int name) {
    if (name != GUEST_SC_PAGESIZE) fail("unknown name %d of sysconf", name);
    return GUEST_PAGE_BYTES;
}

// --- Time

static clockid_t guest_clock(int id);

static int sh_clock_gettime(int id, struct timespec *time) {
    return (int)result(clock_gettime(guest_clock(id), time));
}

static int sh_clock_getres(int id, struct timespec *time) {
    return (int)result(clock_getres(guest_clock(id), time));
}

static int sh_setitimer(int which, const struct itimerval *timer, struct itimerval *former) {
    if (which != 0 || former != NULL) fail("another timer");
    struct itimerval host = *timer;
    // Some have 32 bits for it, and nothing behind.
    host.it_value.tv_usec = (int32_t)host.it_value.tv_usec;
    host.it_interval.tv_usec = (int32_t)host.it_interval.tv_usec;
    return (int)result(setitimer(ITIMER_REAL, &host, NULL));
}

static int sh_sched_yield(void) { return (int)result(sched_yield()); }

// --- Sockets

struct guest_msghdr {
    void *name;
    uint32_t name_length;
    struct iovec *vectors;
    int vector_count;
    void *control;
    uint32_t control_length;
    int flags;
};

static const struct flag MESSAGE_FLAGS[] = {
    {2, MSG_PEEK}, {0x40, MSG_WAITALL}, {GUEST_MSG_NOSIGNAL, MSG_NOSIGNAL},
};

static struct msghdr message(const struct guest_msghdr *guest) {
    if (guest->name != NULL || guest->control != NULL) fail("a message with an address");
    struct msghdr host;
    memset(&host, 0, sizeof host);
    host.msg_iov = guest->vectors;
    host.msg_iovlen = (size_t)guest->vector_count;
    return host;
}

static int64_t sh_recvmsg(int fd, struct guest_msghdr *guest, int flags) {
    struct msghdr host = message(guest);
    int host_flags = (int)TRANSLATE(MESSAGE_FLAGS, (unsigned)flags, "recvmsg");
    int64_t received = result(recvmsg(fd, &host, host_flags));
    guest->flags = host.msg_flags & MSG_TRUNC ? 0x10 : 0;
    return received;
}

static int64_t sh_sendmsg(int fd, const struct guest_msghdr *guest, int flags) {
    struct msghdr host = message(guest);
    return result(sendmsg(fd, &host, (int)TRANSLATE(MESSAGE_FLAGS, (unsigned)flags, "sendmsg")));
}

static int sh_getsockopt(int fd, int level, int name, void *value, uint32_t *size) {
    // SOL_SOCKET and SO_TYPE; the types' numbers are those of Linux.
    if (level != 0xffff || name != 0x1008) fail("unknown option %#x of a socket", name);
    return (int)result(getsockopt(fd, SOL_SOCKET, SO_TYPE, value, size));
}

static int sh_setsockopt(int fd, int level, int name, const void *value, uint32_t size) {
    // SOL_SOCKET and SO_REUSEADDR.
    if (level != 0xffff || name != 4) fail("unknown option %#x of a socket is set", name);
    return (int)result(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, value, size));
}

// An address begins with its length and has a family of one byte; the rest is as on Linux.
static int sh_bind(int fd, const unsigned char *guest, uint32_t size) {
    struct sockaddr_storage host;
    if (size > sizeof host || guest[0] != size) fail("an address of another size");
    memcpy(&host, guest, size);
    if (guest[1] != 2 && guest[1] != GUEST_AF_INET6) fail("unknown family %d", guest[1]);
    host.ss_family = guest[1] == 2 ? AF_INET : AF_INET6;
    return (int)result(bind(fd, (const struct sockaddr *)&host, size));
}

static int sh_listen(int fd, int backlog) { return (int)result(listen(fd, backlog)); }

// Flags that not every system has are in the kind.
static int sh_socket(int family, int kind, int protocol) {
    static const struct flag KIND[] = {
        {1, SOCK_STREAM}, {GUEST_SOCK_CLOEXEC, SOCK_CLOEXEC}, {GUEST_SOCK_NONBLOCK, SOCK_NONBLOCK},
    };
    if (protocol != 0 || (family != 2 && family != GUEST_AF_INET6)) fail("another socket");
    int host_kind = (int)TRANSLATE(KIND, (unsigned)kind, "socket");
    return (int)result(socket(family == 2 ? AF_INET : AF_INET6, host_kind, 0));
}

static int sh_issetugid(void) { return getauxval(AT_SECURE) != 0; }

static int sh_shutdown(int fd, int how) { return (int)result(shutdown(fd, how)); }

// --- Symbols

struct symbol {
    const char *name;
    void *address;
};

#define HOST(name) {#name, (void *)name}
#define SHIM(name) {#name, (void *)sh_##name}

#define COMMON_SYMBOLS                                                                             \
    HOST(memcmp), HOST(memcpy), HOST(memmove), HOST(memset), HOST(strlen), HOST(strtod),           \
        HOST(strtof), HOST(getenv), HOST(_exit), SHIM(write), SHIM(lseek), SHIM(close), SHIM(dup), \
        SHIM(dup2), SHIM(pipe), SHIM(fsync), SHIM(ftruncate), SHIM(isatty), SHIM(getcwd), SHIM(ioctl),         \
        SHIM(poll), SHIM(mmap), SHIM(mprotect), SHIM(munmap), SHIM(sysconf), SHIM(clock_gettime),  \
        SHIM(clock_getres), SHIM(sched_yield), SHIM(recvmsg), SHIM(sendmsg), SHIM(getsockopt),     \
        SHIM(shutdown), SHIM(sigaction), SHIM(signal), SHIM(raise), SHIM(sigaltstack),             \
        SHIM(fstat), SHIM(fstatat), SHIM(fdopendir), SHIM(readdir), SHIM(closedir),                \
        SHIM(unlinkat), SHIM(renameat), SHIM(linkat), SHIM(symlinkat), SHIM(mkdirat),              \
        SHIM(readlinkat), SHIM(futimens), SHIM(utimensat), SHIM(open), SHIM(openat), SHIM(fcntl),  \
        SHIM(issetugid), SHIM(socket), SHIM(setsockopt), SHIM(bind), SHIM(listen), SHIM(setitimer), \
        SHIM(sigemptyset), SHIM(sigaddset), SHIM(sigprocmask), HOST(getuid), SHIM(read), SHIM(pread), SHIM(pwrite), SHIM(readv), SHIM(writev),         \
        SHIM(preadv), SHIM(pwritev), SHIM(snprintf)

// Reads the file and checks that it is there.
static const unsigned char *read_file(const char *path, size_t *size, int *fd) {
    struct stat status;
    if (realpath(path, program_path) == NULL) fail("cannot find %s", path);
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0 || fstat(*fd, &status) != 0) fail("cannot open %s", path);
    *size = (size_t)status.st_size;
    void *bytes = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, *fd, 0);
    if (bytes == MAP_FAILED) fail("cannot map %s", path);
    return bytes;
}
