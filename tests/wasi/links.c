// Symbolic and hard links, followed and not, looping and dangling, listed, with times of their own.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *error(int result) {
    return result >= 0 ? "ok"
        : errno == EEXIST ? "EEXIST"
        : errno == ENOENT ? "ENOENT"
        : errno == ELOOP ? "ELOOP"
        : errno == EINVAL ? "EINVAL"
        : errno == ENOTDIR ? "ENOTDIR"
        : "other";
}

static void kinds(const char *path) {
    struct stat status;
    int followed = stat(path, &status);
    printf("%s: stat %s", path, error(followed));
    if (followed == 0) printf(" %c", S_ISDIR(status.st_mode) ? 'd' : 'f');
    int itself = lstat(path, &status);
    printf(", lstat %s", error(itself));
    if (itself == 0) printf(" %c", S_ISDIR(status.st_mode) ? 'd' : S_ISLNK(status.st_mode) ? 'l' : 'f');
    int fd = open(path, O_RDONLY);
    printf(", open %s", error(fd));
    close(fd);
    fd = open(path, O_RDONLY | O_NOFOLLOW);
    printf(", itself %s\n", error(fd));
    close(fd);
}

static void list(const char *path) {
    DIR *directory = opendir(path);
    int links = 0;
    for (struct dirent *entry; (entry = readdir(directory));) links += entry->d_type == DT_LNK;
    closedir(directory);
    printf("%s: %d links\n", path, links);
}

static void times(const char *path, int flags, long long seconds) {
    struct timespec times[2] = {{seconds, UTIME_OMIT}, {seconds, 600}};
    printf("%s\n", error(utimensat(AT_FDCWD, path, times, flags)));
    struct stat status;
    printf("%s", error(lstat(path, &status)));
    printf(" %lld.%09ld", (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    printf(" %s", error(stat(path, &status)));
    printf(" %lld.%09ld\n", (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

int main(void) {
    mkdir("dir", 0755);
    close(open("file", O_CREAT | O_WRONLY, 0644));
    close(open("dir/file", O_CREAT | O_WRONLY, 0644));
    printf("%s\n", error(symlink("file", "to-file")));
    printf("%s\n", error(symlink("dir", "to-dir")));
    printf("%s\n", error(symlink("../file", "dir/up")));
    printf("%s\n", error(symlink("to-file", "to-to-file")));
    printf("%s\n", error(symlink("nothing", "dangling")));
    printf("%s\n", error(symlink("loop", "loop")));
    printf("%s\n", error(symlink("dir/../to-dir/up", "winding")));
    printf("%s\n", error(symlink("anything", "file")));
    const char *paths[] = {"file", "dir", "to-file", "to-dir", "to-dir/", "to-file/", "to-dir/up",
                           "dir/up", "to-to-file", "dangling", "loop", "loop/x", "winding", "to-dir/file",
                           "to-dir/../file", "to-dir/.", "./to-dir/.././to-file"};
    for (unsigned index = 0; index < sizeof paths / sizeof *paths; index++) kinds(paths[index]);
    list(".");
    list("dir");
    times("file", 0, 4);
    times("to-file", AT_SYMLINK_NOFOLLOW, 5);
    times("to-file", 0, 6);
    times("to-to-file", AT_SYMLINK_NOFOLLOW, 7);
    char buffer[100] = {0};
    printf("%zd %s\n", readlink("winding", buffer, sizeof buffer), buffer);
    printf("%zd\n", readlink("winding", buffer, 3));
    printf("%s\n", error((int)readlink("file", buffer, sizeof buffer)));
    printf("%s\n", error(link("file", "second")));
    printf("%s\n", error(link("file", "second")));
    printf("%s\n", error(link("missing", "third")));
    struct stat status;
    stat("second", &status);
    printf("%d names\n", (int)status.st_nlink);
    int fd = open("dangling", O_CREAT | O_WRONLY, 0644);
    printf("through the dangling link: %s\n", error(fd));
    close(fd);
    kinds("nothing");
    printf("%s %s\n", error(unlink("to-dir")), error(unlink("to-file")));
    kinds("dir");
    kinds("file");
    return 0;
}
