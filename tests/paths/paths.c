/* What a tool does with paths, in C: see `tests/paths.rs`. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char joined[8][4096];

static const char *join(const char *folder, const char *name) {
    static int next;
    char *path = joined[next++ % 8];
    snprintf(path, sizeof joined[0], "%s/%s", folder, name);
    return path;
}

static void say(const char *what, const char *path, int failed) {
    printf("%s %s: %s\n", what, path, failed ? "failed" : "done");
}

static void read_file(const char *shown, const char *path) {
    char text[256];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        printf("read %s: failed\n", shown);
        return;
    }
    size_t bytes = fread(text, 1, sizeof text - 1, file);
    text[bytes] = 0;
    text[strcspn(text, "\n")] = 0;
    fclose(file);
    printf("read %s: %s\n", shown, text);
}

static void write_file(const char *shown, const char *path) {
    FILE *file = fopen(path, "w");
    int failed = file == NULL || fputs("written\n", file) < 0;
    if (file != NULL && fclose(file) != 0) failed = 1;
    say("write", shown, failed);
    read_file(shown, path);
}

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *path) {
    DIR *folder = opendir(path);
    if (folder == NULL) {
        printf("list %s: failed\n", path);
        return;
    }
    char *names[64];
    size_t count = 0;
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL && count < 64) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            names[count++] = strdup(entry->d_name);
        }
    }
    closedir(folder);
    qsort(names, count, sizeof *names, compare);
    printf("list %s:", path);
    for (size_t i = 0; i < count; i++) printf(" %s", names[i]);
    printf("\n");
}

static void size(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) {
        printf("size %s: failed\n", path);
    } else {
        printf("size %s: %s %lld\n", path, S_ISDIR(status.st_mode) ? "folder" : "file",
               S_ISDIR(status.st_mode) ? 0 : (long long)status.st_size);
    }
}

int main(int argc, char **argv) {
    const char *here = getenv("PWD"), *temporary = getenv("TMPDIR");
    if (here == NULL || temporary == NULL) {
        printf("PWD or TMPDIR is not set\n");
        return 1;
    }
    const char *reads[] = {"x", "./x", "sub/x", "sub/../x", "./sub/./x", "link", "linked/x", "missing",
                           "sub/missing"};
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) read_file(reads[i], reads[i]);
    const char *absolute[] = {"x", "sub/x", "sub/../x", "./x", "link", "linked/x", "missing"};
    for (size_t i = 0; i < sizeof absolute / sizeof *absolute; i++) {
        const char *path = join(here, absolute[i]);
        read_file(path, path);
    }
    list(".");
    list("sub");
    list("./sub/");
    list(here);
    list(join(here, "sub"));
    size("x");
    size("sub");
    size(here);
    size(join(here, "sub/x"));
    write_file("new1", "new1");
    write_file("./new2", "./new2");
    write_file("sub/new3", "sub/new3");
    const char *path = join(here, "new4");
    write_file(path, path);
    say("folder", "made", mkdir("made", 0777));
    write_file("made/inside", "made/inside");
    say("rename", "new1", rename("new1", "made/moved"));
    say("rename", "new4", rename(join(here, "new4"), "sub/moved"));
    say("remove", "new2", unlink("./new2"));
    say("remove", "made/inside", unlink(join(here, "made/inside")));
    list(here);
    list("made");
    write_file("temporary", join(temporary, "temporary"));
    int folders = 0;
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        if (strcmp(argument, "-d") == 0) folders = 1;
        if (strncmp(argument, "--out=", 6) == 0) argument += 6;
        if (argument[0] == '-') continue;
        if (folders) {
            list(argument);
            read_file(join(argument, "inside"), join(argument, "inside"));
            write_file(join(argument, "made"), join(argument, "made"));
        } else {
            read_file(argument, argument);
            write_file(argument, argument);
            size(argument);
        }
    }
    return 0;
}
