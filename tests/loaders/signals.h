// Signals, which FreeBSD and macOS have alike but for the structure in which the registers are: the system
// that includes this defines `call_handler`.

// Linux' numbers by the guest's; 0 where Linux has no such signal.
static const int SIGNALS[32] = {
    0, SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, 0, SIGFPE, SIGKILL, SIGBUS, SIGSEGV,
    SIGSYS, SIGPIPE, SIGALRM, SIGTERM, SIGURG, SIGSTOP, SIGTSTP, SIGCONT, SIGCHLD, SIGTTIN,
    SIGTTOU, SIGIO, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, 0, SIGUSR1, SIGUSR2,
};

#define GUEST_SIGBUS 10

static int host_signal(int guest) {
    return guest > 0 && guest < 32 && SIGNALS[guest] != 0 ? SIGNALS[guest] : -1;
}

struct guest_siginfo {
    int signal, error, code;
    int32_t process;
    uint32_t user;
    int status;
    void *address;
    uint64_t others[8];
};

typedef void guest_handler(int signal, struct guest_siginfo *information, void *context);

static guest_handler *handlers[32];

// Calls the guest's handler with the registers in the guest's own structure, and takes them back.
static void call_handler(guest_handler *handler, int signal, struct guest_siginfo *information,
                         ucontext_t *host);

static void on_signal(int signal, siginfo_t *information, void *context) {
    int guest = 1;
    while (guest < 32 && SIGNALS[guest] != signal) guest++;
    // What is mapped, but not to be accessed so.
    if (signal == SIGSEGV && information->si_code == SEGV_ACCERR) guest = GUEST_PROTECTION_SIGNAL;
    struct guest_siginfo converted = {.signal = guest};
    // SI_USER is the first code that is not for a fault.
    converted.code = information->si_code <= 0 ? 0x10001 : information->si_code;
    if (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE) {
        converted.address = information->si_addr;
    }
    guest_handler *handler = handlers[guest];
    if (handler == NULL) {
        // As if nobody had asked for this signal: the instruction faults again.
        sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
        return;
    }
    call_handler(handler, guest, &converted, context);
}

static int set_action(int guest, guest_handler *handler, unsigned flags) {
    static const struct flag TABLE[] = {
        {1, SA_ONSTACK}, {2, SA_RESTART}, {0x10, (unsigned)SA_NODEFER}, {0x40, SA_SIGINFO},
    };
    struct sigaction action;
    memset(&action, 0, sizeof action);
    // A handler without SA_SIGINFO does not look at what else is passed.
    action.sa_flags = (int)TRANSLATE(TABLE, flags, "sigaction") | SA_SIGINFO;
    action.sa_sigaction = on_signal;
    handlers[guest] = handler;
    return (int)result(sigaction(host_signal(guest), &action, NULL));
}

// The numbers of SIG_DFL and SIG_IGN are those of the host.
static guest_handler *former_handler(int guest) {
    struct sigaction former;
    sigaction(host_signal(guest), NULL, &former);
    if (former.sa_handler == SIG_DFL || former.sa_handler == SIG_IGN) {
        return (guest_handler *)(uintptr_t)former.sa_handler;
    }
    return handlers[guest];
}

static void *sh_signal(int guest, void *handler) {
    if (handler != (void *)SIG_DFL && handler != (void *)SIG_IGN) fail("a handler by signal");
    handlers[guest] = NULL;
    signal(host_signal(guest), handler == (void *)SIG_DFL ? SIG_DFL : SIG_IGN);
    return NULL;
}

static int sh_raise(int guest) {
    int host = host_signal(guest);
    return host < 0 ? refuse(22) : (int)result(raise(host));
}

struct guest_stack {
    void *start;
    size_t size;
    int flags;
};

static int sh_sigaltstack(const struct guest_stack *guest, struct guest_stack *former) {
    if (former != NULL || guest->flags != 0) fail("sigaltstack is asked for more than a stack");
    stack_t host = {.ss_sp = guest->start, .ss_size = guest->size, .ss_flags = 0};
    return (int)result(sigaltstack(&host, NULL));
}

struct guest_signals {
    uint32_t words[GUEST_SIGNAL_WORDS];
};

static int sh_sigemptyset(struct guest_signals *set) {
    memset(set, 0, sizeof *set);
    return 0;
}

static int sh_sigaddset(struct guest_signals *set, int guest) {
    set->words[0] |= 1U << (guest - 1);
    return 0;
}

// SIG_BLOCK, SIG_UNBLOCK and SIG_SETMASK count from 1.
static int sh_sigprocmask(int how, const struct guest_signals *set, struct guest_signals *former) {
    if (former != NULL || how < 1 || how > 3) fail("sigprocmask is asked for more");
    sigset_t host;
    sigemptyset(&host);
    for (int guest = 1; guest < 32; guest++) {
        if (set->words[0] >> (guest - 1) & 1) sigaddset(&host, host_signal(guest));
    }
    static const int HOW[] = {SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK};
    return (int)result(sigprocmask(HOW[how - 1], &host, NULL));
}
