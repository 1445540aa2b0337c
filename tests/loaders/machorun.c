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
// Sources: `mach-o/loader.h`, `mach-o/fixup-chains.h`.

#define _GNU_SOURCE
#define LOADER_NAME "machorun"

#include "macos.h"

static void never_called(void) { fail("dyld_stub_binder was called: everything is bound already"); }

static const struct symbol SYMBOLS[] = {
    COMMON_SYMBOLS, SHIM(bzero), SHIM(getentropy), SHIM(accept), SHIM(sysctlbyname),
    {"bcmp", (void *)memcmp}, {"__bzero", (void *)sh_bzero}, {"__error", (void *)sh_error},
    {"_NSGetEnviron", (void *)sh_environ}, {"_NSGetExecutablePath", (void *)sh_executable_path},
    {"realpath$DARWIN_EXTSN", (void *)sh_realpath}, SHIM(getpwuid), {"close$NOCANCEL", (void *)sh_close},
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
