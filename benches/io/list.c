/* Lists a folder of files whose names have 11 bytes: `list FOLDER EXPECTED_ENTRIES`. */
#include "io.h"
#include <dirent.h>

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    uint64_t bytes = 0;
    DIR *folder = opendir(argv[1]);
    if (folder == NULL) fail("opendir");
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') bytes += strlen(entry->d_name);
    }
    closedir(folder);
    return finish(bytes, 11 * strtoull(argv[2], NULL, 10));
}
