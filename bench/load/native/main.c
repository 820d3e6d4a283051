/* `load CORE JOB key=value ...`: one job, what was measured to standard output as JSON. */
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static char **options;

void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

const char *option(const char *name)
{
    size_t size = strlen(name);
    for (char **one = options; *one; one++)
        if (!strncmp(*one, name, size) && (*one)[size] == '=')
            return *one + size + 1;
    die("the option %s is missing", name);
}

double real(const char *name)
{
    char *rest;
    const char *text = option(name);
    double value = strtod(text, &rest);
    if (rest == text || *rest)
        die("%s=%s is no number", name, text);
    return value;
}

long whole(const char *name)
{
    return (long)real(name);
}

int wholes(const char *name, long *into)
{
    int count = 0;
    for (const char *text = option(name); *text && count < MOST; count++) {
        char *rest;
        into[count] = strtol(text, &rest, 10);
        if (rest == text)
            die("%s holds no numbers", name);
        text = *rest == ',' ? rest + 1 : rest;
    }
    return count;
}

static void settle_on(int core)
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    if (sched_setaffinity(0, sizeof cores, &cores))
        die("core %d: %s", core, strerror(errno));
}

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } jobs[] = {
        {"hosts", run_hosts}, {"http", run_http},   {"pairs", run_pairs},
        {"idle", run_idle},   {"opens", run_opens}, {"room", run_room},
    };
    if (count < 3)
        die("usage: load CORE JOB key=value ...");
    settle_on(atoi(arguments[1]));
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    options = arguments + 3;
    for (size_t at = 0; at < sizeof jobs / sizeof *jobs; at++)
        if (!strcmp(jobs[at].name, arguments[2])) {
            jobs[at].run();
            return 0;
        }
    die("there is no job %s", arguments[2]);
}
