// Capsicum, as far as programs use it: behind `cap_enter` a path begins at an open directory and stays
// beneath it, and a file that was limited serves for what it was limited to, as does what is found from it.
// Sources: `sys/sys/capsicum.h`, the manual pages `capsicum(4)`, `rights(4)`, `cap_rights_limit(2)`.

#define GUEST_ENOTCAPABLE 93
#define GUEST_ECAPMODE 94
#define CAP_WORD(index, bits) (1UL << (57 + (index)) | (bits))

struct guest_rights {
    uint64_t words[2];
};

static int capability_mode;
// Of each file; zeros where nothing was limited.
static struct guest_rights limits[65536];

static struct guest_rights *limit_of(int fd) {
    if (fd < 0) return NULL;
    if (fd >= (int)(sizeof limits / sizeof *limits)) fail("the descriptor %d is out of range", fd);
    return &limits[fd];
}

static uint64_t bits_of(enum right right) {
    switch (right) {
    case RIGHT_READ: return CAP_WORD(0, 0x1);
    case RIGHT_WRITE: return CAP_WORD(0, 0x2);
    case RIGHT_SEEK: return CAP_WORD(0, 0xc);
    case RIGHT_CREATE: return CAP_WORD(0, 0x40);
    case RIGHT_EXECUTE: return CAP_WORD(0, 0x80);
    case RIGHT_SYNC: return CAP_WORD(0, 0x100);
    case RIGHT_TRUNCATE: return CAP_WORD(0, 0x200);
    case RIGHT_LOOKUP: return CAP_WORD(0, 0x400);
    case RIGHT_FLAGS: return CAP_WORD(0, 0x8000);
    case RIGHT_STATUS: return CAP_WORD(0, 0x80000);
    case RIGHT_TIMES: return CAP_WORD(0, 0x200000);
    case RIGHT_LINK: return CAP_WORD(0, 0x20000400000);
    case RIGHT_MAKE_DIRECTORY: return CAP_WORD(0, 0x800000);
    case RIGHT_RENAME: return CAP_WORD(0, 0x40004000000);
    case RIGHT_MAKE_LINK: return CAP_WORD(0, 0x8000000);
    case RIGHT_REMOVE: return CAP_WORD(0, 0x10000000);
    case RIGHT_EVENT: return CAP_WORD(1, 0x20);
    case RIGHT_REQUEST: return CAP_WORD(1, 0x80);
    }
    fail("unknown right %d", right);
}

static int lacks(int fd, uint64_t bits) {
    const struct guest_rights *limit = limit_of(fd);
    if (limit == NULL || limit->words[0] == 0) return 0;
    uint64_t word = limit->words[bits >> 58 & 1];
    return (word & bits) != bits;
}

static int refused(int fd, const char *path, enum right right) {
    if (path != NULL && capability_mode) {
        if (fd == AT_FDCWD) return refuse(GUEST_ECAPMODE), 1;
        // The programs that are run here walk component by component and need no `..`.
        if (path[0] == '/' || strcmp(path, "..") == 0 || strncmp(path, "../", 3) == 0
            || strstr(path, "/..") != NULL) {
            return refuse(GUEST_ENOTCAPABLE), 1;
        }
    }
    if (lacks(fd, bits_of(right)) || (path != NULL && lacks(fd, bits_of(RIGHT_LOOKUP)))) {
        return refuse(GUEST_ENOTCAPABLE), 1;
    }
    return 0;
}

static void inherit_rights(int fd, int from) {
    if (fd < 0) return;
    static const struct guest_rights everything;
    const struct guest_rights *limit = limit_of(from);
    *limit_of(fd) = limit == NULL ? everything : *limit;
}

static int sh_cap_enter(void) {
    capability_mode = 1;
    return 0;
}

// Arguments end with a zero; each names by a bit the word that it belongs to.
static struct guest_rights *sh___cap_rights_init(int version, struct guest_rights *rights, ...) {
    if (version != 0) fail("unknown version %d of rights", version);
    rights->words[0] = CAP_WORD(0, 0);
    rights->words[1] = CAP_WORD(1, 0);
    va_list arguments;
    va_start(arguments, rights);
    for (uint64_t bits = va_arg(arguments, uint64_t); bits != 0; bits = va_arg(arguments, uint64_t)) {
        uint64_t index = bits >> 57 & 3;
        if (index != 1 && index != 2) fail("rights of two words");
        rights->words[index - 1] |= bits;
    }
    va_end(arguments);
    return rights;
}

static int sh_cap_rights_limit(int fd, const struct guest_rights *rights) {
    struct guest_rights *limit = limit_of(fd);
    if (fcntl(fd, F_GETFD) < 0) return (int)result(-1);
    for (int index = 0; index < 2; index++) {
        uint64_t word = rights->words[index];
        if (limit->words[0] != 0 && (limit->words[index] & word) != word) {
            return refuse(GUEST_ENOTCAPABLE);
        }
    }
    *limit = *rights;
    return 0;
}
