/* The table of worker kinds. */
#include "work/worker.h"

#include "work/command.h"
#include "work/filter.h"
#include "work/function.h"
#include "work/inplace.h"
#include "work/work.h"

#include <signal.h>

const struct worker_ops *worker_ops_for(const struct work *work)
{
    static const struct worker_ops *const kinds[] = {
        [WORK_COMMAND] = &command_ops,
        [WORK_SHELL] = &command_ops,
        [WORK_LINES] = &command_ops,
        [WORK_FUNCTION] = &function_ops,
        [WORK_FILTER] = &filter_ops,
    };

    if (work->kind == WORK_FUNCTION && work->in_place)
        return &inplace_ops;
    return kinds[work->kind];
}

bool worker_ends_by(int sig)
{
    return sig != SIGSTOP && sig != SIGTSTP && sig != SIGCONT;
}
