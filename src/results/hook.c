/* Which form a hook has. */
#include "results/hook.h"

#include "results/hooks.h"

#include <ctype.h>
#include <string.h>

bool hook_is_function(const char *command)
{
    const char *colon = strrchr(command, ':');
    size_t len = colon ? (size_t)(colon - command) : 0;

    if (!len || !colon[1] || strpbrk(command, " \t\n"))
        return false;
    for (const char *p = colon + 1; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '_')
            return false;
    return memchr(command, '/', len) || memmem(command, len, ".so", 3);
}

int hook_open(struct outlet **o, const struct hook_spec *spec)
{
    if (spec->stream)
        return hook_stream_open(o, spec);
    return hook_is_function(spec->command) ? hook_function_open(o, spec)
                                           : hook_command_open(o, spec);
}
