// Files: opening in every mode, reading, writing, positions, appending, sizes. What it prints natively
// is what it prints as WebAssembly.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *name(int error) {
    switch (error) {
    case 0: return "ok";
    case EACCES: return "EACCES";
    case EBADF: return "EBADF";
    case EEXIST: return "EEXIST";
    case EINVAL: return "EINVAL";
    case EISDIR: return "EISDIR";
    case ENOENT: return "ENOENT";
    case ENOTDIR: return "ENOTDIR";
    case ENAMETOOLONG: return "ENAMETOOLONG";
    default: return "other";
    }
}

static void show(const char *what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? name(errno) : "ok");
}

static void contents(const char *path) {
    char buffer[100];
    int fd = open(path, O_RDONLY);
    long bytes = read(fd, buffer, sizeof buffer);
    printf("%s holds %ld bytes: %.*s\n", path, bytes, (int)(bytes < 0 ? 0 : bytes), buffer);
    close(fd);
}

int main(void) {
    char buffer[16] = {0};
    show("missing", open("missing", O_RDONLY) < 0 ? -1 : 0);
    show("missing rw", open("missing", O_RDWR) < 0 ? -1 : 0);
    int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0644);
    show("write", write(fd, "hello, world\n", 13));
    show("exclusive", open("file", O_RDWR | O_CREAT | O_EXCL, 0644) < 0 ? -1 : 0);
    show("seek", lseek(fd, -6, SEEK_END));
    show("read", read(fd, buffer, sizeof buffer));
    printf("%s", buffer);
    show("read at end", read(fd, buffer, sizeof buffer));
    show("seek before", lseek(fd, -1, SEEK_SET));
    show("seek beyond", lseek(fd, 5, SEEK_END));
    show("pread", pread(fd, buffer, 5, 7));
    show("pwrite", pwrite(fd, "HELLO", 5, 0));
    show("position", lseek(fd, 0, SEEK_CUR));
    show("write beyond", write(fd, "!", 1));
    show("truncate", ftruncate(fd, 5));
    show("close", close(fd));
    show("close again", close(fd));
    contents("file");
    fd = open("file", O_WRONLY | O_APPEND);
    show("append", write(fd, " again", 6));
    show("seek", lseek(fd, 0, SEEK_SET));
    show("append", write(fd, " and again", 10));
    close(fd);
    contents("file");
    fd = open("file", O_WRONLY | O_TRUNC);
    struct iovec vectors[] = {{"one ", 4}, {"", 0}, {"two ", 4}, {"three", 5}};
    show("writev", writev(fd, vectors, 4));
    close(fd);
    contents("file");
    mkdir("folder", 0755);
    show("open folder", open("folder", O_RDONLY) < 0 ? -1 : 0);
    show("open folder to write", open("folder", O_WRONLY) < 0 ? -1 : 0);
    show("file as folder", open("file", O_RDONLY | O_DIRECTORY) < 0 ? -1 : 0);
    show("through a file", open("file/x", O_RDONLY) < 0 ? -1 : 0);
    show("slash", open("file/", O_RDONLY) < 0 ? -1 : 0);
    struct stat status;
    show("stat", stat("file", &status));
    printf("%d %lld %d\n", S_ISREG(status.st_mode), (long long)status.st_size, (int)status.st_nlink);
    char longest[400];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    show("long name", open(longest, O_RDONLY) < 0 ? -1 : 0);
    return 0;
}
