/*
 * suites: the Check suite of every module, listed in check_main.c.
 */
#ifndef SMAP_SUITES_H
#define SMAP_SUITES_H

#include <check.h>

Suite *batch_suite(void);
Suite *command_suite(void);
Suite *map_suite(void);
Suite *spawn_suite(void);
Suite *failures_suite(void);
Suite *hosts_suite(void);
Suite *flight_suite(void);
Suite *diag_suite(void);
Suite *utf8_suite(void);
Suite *json_suite(void);
Suite *loop_suite(void);
Suite *again_suite(void);
Suite *reader_suite(void);
Suite *caller_suite(void);
Suite *signature_suite(void);
Suite *answers_suite(void);
Suite *ended_suite(void);
Suite *lots_suite(void);
Suite *schedule_suite(void);
Suite *wire_suite(void);
Suite *xalloc_suite(void);
Suite *launcher_suite(void);
Suite *setup_suite(void);
Suite *serve_suite(void);
Suite *ranks_suite(void);
Suite *descend_suite(void);
Suite *order_suite(void);
Suite *cpus_suite(void);
Suite *option_suite(void);
Suite *jobfile_suite(void);
Suite *jobdump_suite(void);
Suite *block_suite(void);
Suite *columns_suite(void);
Suite *lines_suite(void);
Suite *pack_suite(void);
Suite *parse_suite(void);
Suite *source_suite(void);
Suite *values_suite(void);
Suite *range_suite(void);
Suite *sweep_suite(void);
Suite *sink_suite(void);
Suite *stash_suite(void);
Suite *jsonl_suite(void);
Suite *tree_suite(void);
Suite *aside_suite(void);
Suite *hook_suite(void);
Suite *spill_suite(void);
Suite *hole_suite(void);
Suite *shline_suite(void);
Suite *argv_suite(void);
Suite *template_suite(void);
Suite *quoting_suite(void);
Suite *shfast_suite(void);
Suite *jentry_suite(void);
Suite *jfile_suite(void);
Suite *jindex_suite(void);
Suite *journal_suite(void);
Suite *joblog_suite(void);
Suite *limits_suite(void);
Suite *policy_suite(void);
Suite *retry_suite(void);
Suite *stuck_suite(void);
Suite *returned_suite(void);
Suite *status_suite(void);
Suite *pace_suite(void);
Suite *jobend_suite(void);
Suite *ending_suite(void);
Suite *guard_suite(void);

#endif
