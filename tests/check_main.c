/* Runs every suite in one program; CK_RUN_SUITE picks one. */
#include "suites.h"

#include <stdlib.h>

static Suite *(*const suites[])(void) = {
    batch_suite,
    command_suite,
    map_suite,
    spawn_suite,
    failures_suite,
    hosts_suite,
    flight_suite,
    diag_suite,
    utf8_suite,
    json_suite,
    loop_suite,
    again_suite,
    reader_suite,
    reaper_suite,
    caller_suite,
    signature_suite,
    answers_suite,
    ended_suite,
    lots_suite,
    schedule_suite,
    wire_suite,
    varint_suite,
    xalloc_suite,
    launcher_suite,
    setup_suite,
    serve_suite,
    ranks_suite,
    descend_suite,
    order_suite,
    cpus_suite,
    option_suite,
    jobfile_suite,
    jobdump_suite,
    block_suite,
    columns_suite,
    lines_suite,
    pack_suite,
    parse_suite,
    source_suite,
    values_suite,
    range_suite,
    sweep_suite,
    sink_suite,
    stash_suite,
    jsonl_suite,
    tree_suite,
    aside_suite,
    hook_suite,
    spill_suite,
    hole_suite,
    shline_suite,
    argv_suite,
    template_suite,
    quoting_suite,
    shfast_suite,
    jentry_suite,
    jfile_suite,
    jindex_suite,
    journal_suite,
    joblog_suite,
    limits_suite,
    policy_suite,
    retry_suite,
    stuck_suite,
    silence_suite,
    returned_suite,
    relief_suite,
    status_suite,
    pace_suite,
    jobend_suite,
    ending_suite,
    guard_suite,
};

int main(void)
{
    SRunner *runner = srunner_create(NULL);

    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
        srunner_add_suite(runner, suites[i]());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
