// SPDX-License-Identifier: MIT
//
// The `weft` command: finds the command that is meant, and runs it with what
// follows its name. Each prints its own help.
#include "tour.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: weft COMMAND [ARGUMENT...]\n"
    "\n"
    "  tour [NAME]     show what the library does, live: five minutes\n"
    "  trace FILE...   run programs in the line language\n"
    "  version         print the version\n"
    "  help            print this\n";

static int end_output(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}

static int help_command(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    fputs("weft: Python's memory model for C.\n\n", stdout);
    fputs(usage, stdout);
    return end_output();
}

static int version_command(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("weft %s\n", weft_version());
    return end_output();
}

struct command {
    const char *name;
    int (*run)(int argc, char **argv);  // argv[0] is the name
};

static const struct command commands[] = {
    { "tour", tour_command }, { "trace", trace_command },
    { "version", version_command }, { "--version", version_command },
    { "help", help_command }, { "--help", help_command },
};

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs(usage, stderr);
        return 2;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "weft: unknown command '%s'\n\n%s", argv[1], usage);
    return 2;
}
