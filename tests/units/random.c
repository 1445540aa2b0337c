/* The library of random numbers that every Windows 10 has and Wine 8 lacks: Rust's standard library
 * wants it for its hash tables, which the test harness uses. The programs under test do not need it. */

__declspec(dllimport) unsigned char SystemFunction036(void *, unsigned long);

__declspec(dllexport) int ProcessPrng(unsigned char *bytes, unsigned long long length) {
    return SystemFunction036(bytes, (unsigned long)length);
}

int DllMainCRTStartup(void *module, unsigned reason, void *reserved) {
    (void)module, (void)reason, (void)reserved;
    return 1;
}
