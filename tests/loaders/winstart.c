/* Starts a Windows program as a shell of another system cannot, and prints how it ends, all 32 bits:
 *
 *     winstart MODE PROGRAM [ARGUMENT]...
 *
 * MODE      standard streams of the program
 * as-is     those of this one
 * none      none
 * stale     numbers of handles that are not open
 * unread    standard output is a pipe that nobody reads
 * same      standard output and standard error are one handle, the file `both`
 */
#include <stdio.h>
#include <string.h>
#include <windows.h>

/* The rest of the command line as it was typed, behind so many arguments. */
static wchar_t *behind(int arguments) {
    wchar_t *at = GetCommandLineW();
    while (arguments-- > 0) {
        int quoted = 0;
        for (; *at && (quoted || *at != L' '); at++) quoted ^= *at == L'"';
        while (*at == L' ') at++;
    }
    return at;
}

int main(int count, char **arguments) {
    if (count < 3) return 99;
    const char *mode = arguments[1];
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    STARTUPINFOW start = {sizeof start};
    start.dwFlags = STARTF_USESTDHANDLES;
    start.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    start.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    if (!strcmp(mode, "none")) start.hStdInput = start.hStdOutput = start.hStdError = NULL;
    if (!strcmp(mode, "stale")) {
        start.hStdInput = (HANDLE)0x40, start.hStdOutput = (HANDLE)0x44, start.hStdError = (HANDLE)0x48;
        for (int number = 0; number < 3; number++) CloseHandle((HANDLE)(size_t)(0x40 + 4 * number));
    }
    if (!strcmp(mode, "unread")) {
        HANDLE reader;
        if (!CreatePipe(&reader, &start.hStdOutput, &inherited, 0)) return 98;
        CloseHandle(reader);
    }
    if (!strcmp(mode, "same")) {
        start.hStdOutput = start.hStdError =
            CreateFileW(L"both", GENERIC_WRITE, FILE_SHARE_READ, &inherited, CREATE_ALWAYS, 0, NULL);
    }
    PROCESS_INFORMATION process;
    if (!CreateProcessW(NULL, behind(2), NULL, NULL, TRUE, 0, NULL, NULL, &start, &process)) return 97;
    WaitForSingleObject(process.hProcess, INFINITE);
    DWORD status;
    if (!GetExitCodeProcess(process.hProcess, &status)) return 96;
    /* Not by `printf`: in Wine 8 for aarch64 it fails. */
    char digits[16];
    puts(_ultoa(status, digits, 10));
    return 0;
}
