/* Clocks, what processes use, latencies, and the answer.
 *
 * CPU is read from the kernel's clock of a whole process (clock_getcpuclockid(3)), which counts
 * nanoseconds, threads that have ended included. Latencies go into a histogram whose buckets are 1/64 of
 * a power of two wide, so that a quantile is right within 1.6 %.
 */
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { FINE = 6, BUCKETS = 64 << FINE };

static uint64_t buckets[BUCKETS], measured;

static double clock_seconds(clockid_t clock)
{
    struct timespec time;
    if (clock_gettime(clock, &time))
        die("a clock: %s", strerror(errno));
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

double seconds_since(uint64_t began)
{
    return (double)(now_ns() - began) * 1e-9;
}

void latency_forget(void)
{
    memset(buckets, 0, sizeof buckets);
    measured = 0;
}

void latency_add(uint64_t nanoseconds)
{
    unsigned power = nanoseconds >> FINE ? 63u - (unsigned)__builtin_clzll(nanoseconds) - FINE : 0;
    buckets[(power << FINE) + (nanoseconds >> power)]++;
    measured++;
}

/* Milliseconds that this share of the latencies does not exceed. */
static double quantile(double share)
{
    uint64_t wanted = (uint64_t)(share * (double)measured), passed = 0;
    for (unsigned at = 0; measured && at < BUCKETS; at++) {
        passed += buckets[at];
        if (passed > wanted) {
            unsigned power = at >> FINE ? (at >> FINE) - 1 : 0;
            return (double)((uint64_t)(at - (power << FINE)) << power) * 1e-6;
        }
    }
    return 0.0;
}

static double used_by(const char *name)
{
    long pids[MOST];
    double used = 0.0;
    for (int left = wholes(name, pids); left-- > 0;) {
        clockid_t clock;
        if (clock_getcpuclockid((pid_t)pids[left], &clock))
            die("process %ld is gone", pids[left]);
        used += clock_seconds(clock);
    }
    return used;
}

struct window window_open(void)
{
    return (struct window){
        .servers = used_by("servers"),
        .redis = used_by("redis"),
        .own = clock_seconds(CLOCK_PROCESS_CPUTIME_ID),
        .began = now_ns(),
    };
}

void window_print(const struct window *window, uint64_t operations)
{
    double seconds = seconds_since(window->began);
    printf("{\"operations\":%llu,\"seconds\":%.6f,\"server_cpu\":%.6f,\"redis_cpu\":%.6f,"
           "\"own_cpu\":%.6f,\"p50\":%.4f,\"p99\":%.4f}",
           (unsigned long long)operations, seconds, used_by("servers") - window->servers,
           used_by("redis") - window->redis,
           clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - window->own, quantile(0.5), quantile(0.99));
}

struct memory memory_of(long pid)
{
    char line[256];
    struct memory memory = {0, 0};
    snprintf(line, sizeof line, "/proc/%ld/smaps_rollup", pid);
    FILE *file = fopen(line, "r");
    if (!file)
        die("process %ld is gone", pid);
    while (fgets(line, sizeof line, file)) {
        sscanf(line, "Pss: %ld", &memory.proportional);
        sscanf(line, "Rss: %ld", &memory.resident);
    }
    fclose(file);
    return memory;
}
