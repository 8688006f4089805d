#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#ifndef DIDYMOS_VERSION
#define DIDYMOS_VERSION "unknown"
#endif
#ifndef DIDYMOS_REVISION
#define DIDYMOS_REVISION "unknown"
#endif

static volatile sig_atomic_t seen_usr1, seen_usr2, seen_term;
static volatile sig_atomic_t first_term_second;

static sig_atomic_t now_second(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (sig_atomic_t)now.tv_sec;
}

static void note(int number) {
    int kept = errno;
    if (number == SIGUSR1) seen_usr1 = 1;
    if (number == SIGUSR2) seen_usr2 = 1;
    if (number == SIGTERM) {
        // A launcher and its batch system may both pass on the same TERM: copies of the first do not count as a second.
        if (seen_term && now_second() - first_term_second > 1) _exit(128 + SIGTERM);
        if (!seen_term) first_term_second = now_second();
        seen_term = 1;
    }
    errno = kept;
}

int process_watch_signals(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    const int watched[] = {SIGUSR1, SIGUSR2, SIGTERM};
    sigset_t wanted;
    sigemptyset(&wanted);
    for (unsigned i = 0; i < sizeof watched / sizeof *watched; i++) {
        if (sigaction(watched[i], &action, NULL) != 0) return errno;
        sigaddset(&wanted, watched[i]);
    }
    // Whoever started this process may have blocked them, and a process inherits that.
    int code = pthread_sigmask(SIG_UNBLOCK, &wanted, NULL);
    if (code != 0) return code;
    action.sa_handler = SIG_IGN;
    return sigaction(SIGPIPE, &action, NULL) == 0 ? 0 : errno;
}

int process_signals_seen(void) {
    return (seen_usr1 ? PROCESS_SIGNAL_USR1 : 0) | (seen_usr2 ? PROCESS_SIGNAL_USR2 : 0) | (seen_term ? PROCESS_SIGNAL_TERM : 0);
}

void process_forget_signals(void) { seen_usr1 = seen_usr2 = seen_term = 0; }

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double process_monotonic_seconds(void) { return seconds(CLOCK_MONOTONIC); }
double process_wall_seconds(void) { return seconds(CLOCK_REALTIME); }

int64_t process_peak_memory(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : 0;
}

int process_host_name(char *name, int capacity) {
    if (capacity < 1) return EINVAL;
    int code = gethostname(name, (size_t)capacity) == 0 ? 0 : errno;
    name[capacity - 1] = 0;
    if (code != 0) name[0] = 0;
    return code;
}

int process_is_terminal(int descriptor) { return isatty(descriptor); }

int process_terminal_columns(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

const char *process_build_version(void) { return DIDYMOS_VERSION; }
const char *process_build_revision(void) { return DIDYMOS_REVISION; }
