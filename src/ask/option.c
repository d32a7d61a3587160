/* The table at the top is the whole list of what smap can be asked. */
#include "ask/option.h"

#include "ask/help.h"
#include "ask/type.h"
#include "base/hint.h"
#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct conf, field)

/* clang-format off */
static const struct option_row table[] = {
    {"help", 0, NULL, NULL, 0, OPTION_GENERAL, .help = "print this and leave", .show = help_show},
    {"version", 0, NULL, NULL, 0, OPTION_GENERAL, .help = "print the version and leave", .show = help_version},
    {"job", 0, "FILE", &type_text, AT(job_file), OPTION_GENERAL,
     .help = "read options, command and tasks from a job file, smap.yaml(5); the command line wins", .flags = OPTION_LINE_ONLY},
    {"dump-job", 0, NULL, &type_flag, AT(dump_job), OPTION_GENERAL, .help = "print this job as a job file and leave",
     .flags = OPTION_LINE_ONLY},
    {"list-options", 0, NULL, NULL, 0, OPTION_INTERNAL, .help = "print the option table", .show = help_list},

    {"arg-file", 'a', "FILE", &type_words, AT(arg_file), OPTION_TASKS,
     .help = "read tasks from FILE (- is stdin); several are read one after another", .flags = OPTION_REPEATABLE},
    {"null", '0', NULL, &type_null, AT(separator), OPTION_TASKS, .help = "tasks end with NUL, not newline"},
    {"delimiter", 'd', "C", &type_byte, AT(separator), OPTION_TASKS, .help = "tasks end with C (as , or \\t or \\x1f)"},
    {"colsep", 'C', "SEP", &type_bytes, AT(colsep), OPTION_TASKS, .help = "split each task at SEP into {1} {2} ..."},
    {"header", 0, NULL, &type_flag, AT(header), OPTION_TASKS, .help = "the first task names the columns: {name}"},
    {"max-args", 'n', "N", &type_count, AT(max_args), OPTION_TASKS, .help = "up to N tasks in one run: {} is N words"},
    {"exact-args", 'N', "N", &type_count, AT(exact_args), OPTION_TASKS, .help = "N tasks in one run, as {1}..{N}"},
    {"stdin", 0, NULL, &type_flag, AT(feed), OPTION_TASKS, .help = "give the task on the command's standard input"},
    {"block", 0, "SIZE", &type_size, AT(block), OPTION_TASKS,
     .help = "with --stdin: a task is whole lines of about SIZE bytes together"},
    {"repeat", 0, "N", &type_count, AT(repeat), OPTION_TASKS, .help = "each task N times in a row"},
    {"no-run-if-empty", 'r', NULL, &type_flag, AT(no_run_if_empty), OPTION_TASKS,
     .help = "accepted: without input nothing runs in any case"},

    {"replace", 'I', "STR", &type_text, AT(replace), OPTION_COMMANDS, .help = "write STR instead of {}"},
    {"shell", 0, "PATH", &type_text, AT(shell), OPTION_COMMANDS, .help = "run shell lines by PATH -c, not /bin/sh"},
    {"no-shell", 0, NULL, &type_flag, AT(no_shell), OPTION_COMMANDS, .help = "refuse to run shell lines"},
    {"keep-mpi-env", 0, NULL, &type_flag, AT(keep_mpi_env), OPTION_COMMANDS,
     .help = "leave the MPI launcher's variables in the tasks' environment"},
    {"linger", 0, "TIME", &type_time, AT(linger), OPTION_COMMANDS,
     .help = "how long what a task left running may hold its output open (1s)"},

    {"worker", 0, "LIBRARY:SYMBOL", &type_worker, AT(worker), OPTION_WORKERS,
     .help = "call this function of a shared library for every task"},
    {"worker-config", 0, "TEXT", &type_line, AT(worker_config), OPTION_WORKERS,
     .help = "for the worker's init function"},
    {"signature", 0, "TYPES", &type_text, AT(signature), OPTION_WORKERS,
     .help = "the function is any C function, as 'double(double)', called on columns"},
    {"filter", 0, "COMMAND", &type_text, AT(filter), OPTION_WORKERS,
     .help = "one process per slot that reads a line per task and writes a line per task"},
    {"fill", 0, "TEXT", &type_line, AT(fill), OPTION_WORKERS,
     .help = "the record of a failed task, not an empty one"},
    {"chunk", 0, "N", &type_count, AT(chunk), OPTION_WORKERS,
     .help = "hand out N tasks at a time, not as many as take 10 ms"},
    {"max-worker-crashes", 0, "N", &type_count, AT(max_worker_crashes), OPTION_WORKERS,
     .help = "give up when worker processes have crashed more often (1000)"},
    {"max-tasks-per-worker", 0, "N", &type_count, AT(max_tasks_per_worker), OPTION_WORKERS,
     .help = "renew a worker process after N tasks"},

    {"serial", 0, NULL, &type_flag, AT(serial), OPTION_BACKENDS, .help = "one task at a time (the default)"},
    {"procs", 'P', "N", &type_procs, AT(procs), OPTION_BACKENDS,
     .help = "N tasks at a time on this machine; auto: one per CPU this process may use; N%: of these; "
     "0: as many as the system allows",
     .choices = "auto 50% 100% 0", .other_name = "jobs", .other_letter = 'j'},
    {"mpi", 0, "LIBRARY", &type_mpi, AT(mpi), OPTION_BACKENDS, .flags = OPTION_OPTIONAL_ARG, .choices = "openmpi mpich",
     .help = "on every rank of mpirun or srun (LIBRARY, openmpi or mpich, is known from the launcher)"},
    {"dedicated-master", 0, NULL, &type_flag, AT(dedicated_master), OPTION_BACKENDS,
     .help = "with --mpi: no tasks on rank 0"},
    {"heartbeat", 0, "TIME", &type_time, AT(heartbeat), OPTION_BACKENDS,
     .help = "with --mpi: a rank silent for TIME is lost and ends the run (60s; 0: never)"},
    {"no-mpi-check", 0, NULL, &type_flag, AT(no_mpi_check), OPTION_BACKENDS,
     .help = "allow mpirun smap without --mpi: independent copies"},

    {"keep-order", 'k', NULL, &type_flag, AT(keep_order), OPTION_RESULTS, .help = "in the order of the tasks (the default)"},
    {"unordered", 0, NULL, &type_flag, AT(unordered), OPTION_RESULTS, .help = "whole results as they finish"},
    {"line-buffer", 0, NULL, &type_flag, AT(line_buffer), OPTION_RESULTS, .help = "whole lines as they come, tasks mixed"},
    {"ungroup", 'u', NULL, &type_flag, AT(ungroup), OPTION_RESULTS, .help = "bytes as they come, straight through"},
    {"tag", 0, NULL, &type_flag, AT(tag), OPTION_RESULTS, .help = "begin each line with the task and a tab"},
    {"output", 'o', "FILE", &type_text, AT(output), OPTION_RESULTS,
     .help = "write to FILE, which appears complete at the end or not at all"},
    {"format", 0, "FORMAT", &type_format, AT(jsonl), OPTION_RESULTS,
     .help = "plain: the tasks' output; jsonl: one JSON object per task", .choices = "plain jsonl"},
    {"results", 0, "DIR", &type_text, AT(results), OPTION_RESULTS,
     .help = "keep each result in DIR/<number>/ as stdout, stderr, status, too"},
    {"hook", 0, "COMMAND", &type_text, AT(hook), OPTION_RESULTS,
     .help = "run COMMAND, or call LIBRARY:SYMBOL, with every result, in order"},
    {"hook-stream", 0, "COMMAND", &type_text, AT(hook_stream), OPTION_RESULTS,
     .help = "run the shell line COMMAND once: it reads each result as JSON"},
    {"hook-config", 0, "TEXT", &type_line, AT(hook_config), OPTION_RESULTS,
     .help = "for the init function of --hook LIBRARY:SYMBOL"},
    {"buffer", 0, "SIZE", &type_size, AT(buffer), OPTION_RESULTS,
     .help = "memory for results that wait for their turn, then a temporary file (64M)"},
    {"journal", 0, "FILE", &type_text, AT(journal), OPTION_RESULTS,
     .help = "record results in FILE; the same command again goes on where it ended"},
    {"sync", 0, "TIME", &type_time, AT(sync), OPTION_RESULTS,
     .help = "how much of the journal a power failure may cost (1s)"},
    {"memoize", 0, NULL, &type_flag, AT(memoize), OPTION_RESULTS, .help = "with --journal: equal tasks are done once"},
    {"keep-failures", 0, NULL, &type_flag, AT(keep_failures), OPTION_RESULTS,
     .help = "with --journal: do not run again what failed before"},
    {"depends", 0, "FILE", &type_words, AT(depends), OPTION_RESULTS,
     .help = "with --journal: run all again when the contents of FILE have changed", .flags = OPTION_REPEATABLE},
    {"failed", 0, "FILE", &type_text, AT(failed), OPTION_RESULTS,
     .help = "write the tasks that failed to FILE, to be read again with -a"},

    {"retries", 0, "N", &type_number, AT(retries), OPTION_LIMITS,
     .help = "give a task that fails up to N further attempts; only the last one counts"},
    {"retry-delay", 0, "TIME", &type_time, AT(retry_delay), OPTION_LIMITS,
     .help = "wait before the second attempt, twice as long before the third ... (0)"},
    {"timeout", 0, "TIME", &type_timeout, AT(timeout), OPTION_LIMITS,
     .help = "end an attempt that takes longer; N%: of the median of the tasks so far"},
    {"kill-after", 0, "TIME", &type_time, AT(kill_after), OPTION_LIMITS,
     .help = "KILL what has not left so long after TERM (5s)"},
    {"halt", 0, "WHEN", &type_halt, AT(halt), OPTION_LIMITS,
     .help = "stop early: soon or now, after N or N% that fail, succeed or are done: soon,fail=1", .choices = "never now,fail=1 soon,fail=1 now,success=1 soon,success=1"},
    {"time-limit", 0, "TIME", &type_time, AT(time_limit), OPTION_LIMITS,
     .help = "start no task that would not fit any more (what Slurm or PBS has left)"},
    {"exit", 0, "STYLE", &type_exit, AT(exit_style), OPTION_LIMITS,
     .help = "count: the status is the number of failed tasks; xargs: 123 to 126", .choices = "count xargs"},
    {"delay", 0, "TIME", &type_time, AT(delay), OPTION_LIMITS, .help = "between the starts of two tasks"},
    {"load", 0, "N", &type_load, AT(load), OPTION_LIMITS, .help = "start tasks only below this load; N%: of the CPUs"},
    {"memfree", 0, "SIZE", &type_size, AT(memfree), OPTION_LIMITS,
     .help = "start tasks only while so much memory is available"},
    {"nice", 0, "N", &type_nice, AT(nice), OPTION_LIMITS, .help = "add N to the niceness of the tasks"},

    {"dry-run", 0, NULL, &type_flag, AT(dry_run), OPTION_WATCHING, .help = "print the commands, run nothing"},
    {"verbose", 'v', NULL, &type_flag, AT(verbose), OPTION_WATCHING, .help = "name each task on stderr as it starts"},
    {"print-commands", 't', NULL, &type_flag, AT(print_commands), OPTION_WATCHING,
     .help = "print each command on stderr as it starts, as for a shell"},
    {"joblog", 0, "FILE", &type_text, AT(joblog), OPTION_WATCHING,
     .help = "write one line per task to FILE, in the columns of GNU parallel"},
    {"from", 0, "JOURNAL", &type_text, AT(from), OPTION_WATCHING,
     .help = "run nothing: make the --joblog from a journal", .flags = OPTION_LINE_ONLY},
    {"summary", 0, NULL, &type_flag, AT(summary), OPTION_WATCHING, .help = "counts and times on stderr at the end"},
};
/* clang-format on */

#define ROWS (sizeof table / sizeof *table)

/* What other tools call it. */
static const struct foreign {
    const char *theirs, *ours;
} foreign[] = {
    {"max-procs", "procs"},   {"np", "procs"},          {"threads", "procs"},    {"workers", "procs"},
    {"pipe", "stdin"},        {"files", "arg-file"},    {"input", "arg-file"},   {"linebuffer", "line-buffer"},
    {"lb", "line-buffer"},    {"group", "keep-order"},  {"dryrun", "dry-run"},   {"max-replace-args", "exact-args"},
    {"h", "help"},            {"?", "help"},            {"V", "version"},
};

const struct option_row *option_table(size_t *count)
{
    static_assert(ROWS <= CONF_OPTIONS, "conf.h: given[] is too short");
    *count = ROWS;
    return table;
}

static bool is_word(struct span text, const char *word)
{
    return span_equal(text, span_of(word));
}

const struct option_row *option_find(struct span name)
{
    for (size_t i = 0; i < ROWS; i++)
        if (is_word(name, table[i].name) || (table[i].other_name && is_word(name, table[i].other_name)))
            return &table[i];
    return NULL;
}

const struct option_row *option_find_letter(char letter)
{
    for (size_t i = 0; i < ROWS; i++)
        if (letter && (table[i].letter == letter || table[i].other_letter == letter))
            return &table[i];
    return NULL;
}

void option_hint(struct hint *h)
{
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (is_word((struct span){h->word, h->len}, foreign[i].theirs)) {
            *h = (struct hint){h->word, h->len, foreign[i].ours, 0};
            return;
        }
    for (size_t i = 0; i < ROWS; i++) {
        if (table[i].group == OPTION_INTERNAL)
            continue;
        hint_try(h, table[i].name);
        if (table[i].other_name)
            hint_try(h, table[i].other_name);
    }
}

bool option_accepts(const struct option_row *row, const char *value)
{
    struct conf scratch = {0};
    bool accepted = row->type->set((char *)&scratch + row->field, value) == 0;

    option_clear(&scratch);
    return accepted;
}

int option_set(struct conf *conf, const struct option_row *row, const char *value)
{
    if (row->type->set((char *)conf + row->field, value) < 0)
        return -1;
    conf->given[row - table] = true;
    conf->setting = xgrow(conf->setting, conf->settings, sizeof *conf->setting);
    conf->setting[conf->settings++] = (struct conf_setting){row, value};
    return 0;
}

void option_clear(struct conf *conf)
{
    buf_release(&conf->colsep);
    free(conf->arg_file.word);
    free(conf->depends.word);
    free(conf->setting);
    conf->setting = NULL;
    conf->settings = 0;
    conf->arg_file = conf->depends = (struct conf_words){0};
}
