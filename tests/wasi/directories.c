// Directories: made, listed (with a place in the list remembered), renamed, removed.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list(const char *path, int print) {
    static char *names[2000];
    int count = 0;
    DIR *directory = opendir(path);
    if (!directory) {
        printf("%s: %s\n", path, errno == ENOENT ? "ENOENT" : errno == ENOTDIR ? "ENOTDIR" : "?");
        return -1;
    }
    for (struct dirent *entry; (entry = readdir(directory));) {
        names[count] = malloc(strlen(entry->d_name) + 3);
        sprintf(names[count++], "%c %s",
                entry->d_type == DT_DIR ? 'd' : entry->d_type == DT_LNK ? 'l' : 'f', entry->d_name);
    }
    closedir(directory);
    qsort(names, count, sizeof *names, compare);
    for (int index = 0; index < count; index++) {
        if (print) printf("%s/%s\n", path, names[index]);
        free(names[index]);
    }
    return count;
}

static void show(const char *what, int result) {
    const char *error = result == 0 ? "ok"
        : errno == EEXIST ? "EEXIST"
        : errno == ENOENT ? "ENOENT"
        : errno == ENOTEMPTY ? "ENOTEMPTY"
        : errno == ENOTDIR ? "ENOTDIR"
        : errno == EISDIR ? "EISDIR"
        : "other";
    printf("%s: %s\n", what, error);
}

int main(void) {
    show("mkdir", mkdir("a", 0755));
    show("mkdir again", mkdir("a", 0755));
    show("mkdir deep", mkdir("x/y", 0755));
    show("mkdir slash", mkdir("a/b/", 0755));
    close(open("a/file", O_CREAT | O_WRONLY, 0644));
    list("a", 1);
    list("missing", 1);
    list("a/file", 1);
    show("rmdir full", rmdir("a"));
    show("rmdir file", rmdir("a/file"));
    show("unlink folder", unlink("a/b") == 0 ? 0 : (errno = errno == EPERM ? EISDIR : errno, -1));
    show("rename", rename("a/b", "c"));
    show("rename over full", rename("c", "a"));
    show("rename file over folder", rename("a/file", "c"));
    show("rename folder over file", rename("c", "a/file"));
    list(".", 1);
    mkdir("many", 0755);
    for (int index = 0; index < 1000; index++) {
        char path[40];
        sprintf(path, "many/a rather long name %04d", index);
        close(open(path, O_CREAT | O_WRONLY, 0644));
    }
    printf("%d entries\n", list("many", 0));
    DIR *directory = opendir("many");
    for (int index = 0; index < 500; index++) readdir(directory);
    long place = telldir(directory);
    char first[300];
    strcpy(first, readdir(directory)->d_name);
    for (int index = 0; index < 100; index++) readdir(directory);
    seekdir(directory, place);
    printf("the same entry: %d\n", strcmp(first, readdir(directory)->d_name) == 0);
    rewinddir(directory);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (entry->d_name[0] == '.') continue;
        char path[300];
        snprintf(path, sizeof path, "many/%s", entry->d_name);
        count += unlink(path) == 0;
    }
    closedir(directory);
    printf("%d removed while listing\n", count);
    show("rmdir", rmdir("many"));
    return 0;
}
