//@ build: --grant cli
// Files of the current directory by every path that leads to them, as a command-line tool opens them, and a
// temporary file where programs look for a place for it.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char here[4096];

static void show(const char *path) {
    FILE *file = fopen(path, "r");
    char text[16] = "";
    if (file == NULL) {
        puts("not found");
        return;
    }
    fgets(text, sizeof text, file);
    fclose(file);
    puts(text);
}

static const char *in(const char *folder, const char *name) {
    static char path[8192];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void make(const char *path) {
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs("found", file) < 0 || fclose(file) != 0) puts("cannot write");
}

int main(void) {
#ifdef __wasi__
    strcpy(here, getenv("PWD"));
    const char *temporary = getenv("TMPDIR");
#else
    getcwd(here, sizeof here);
    char made[] = "/tmp/w2n-parity-XXXXXX";
    const char *temporary = mkdtemp(made);
#endif
    mkdir("sub", 0777);
    make("x");
    make("sub/x");
    make(in(here, "y"));
    make(in(here, "sub/y"));
    const char *paths[] = {"x", "./x", "sub/x", "./sub/../x", "y", "sub/y", "sub//y"};
    for (size_t index = 0; index < sizeof paths / sizeof *paths; index++) {
        show(paths[index]);
        show(in(here, paths[index]));
    }
    show("tmp/x");
    show("/nowhere");
    int entries = 0;
    DIR *directory = opendir(here);
    while (readdir(directory) != NULL) entries++;
    closedir(directory);
    printf("%d entries\n", entries);
    make(in(temporary, "file"));
    show(in(temporary, "file"));
    mkdir(in(temporary, "folder"), 0777);
    make(in(temporary, "folder/file"));
    show(in(temporary, "folder/file"));
#ifndef __wasi__
    // The private directory of a program for WASI goes by itself.
    unlink(in(temporary, "folder/file"));
    rmdir(in(temporary, "folder"));
    unlink(in(temporary, "file"));
    rmdir(temporary);
#endif
    return 0;
}
