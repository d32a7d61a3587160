/*
 * --help is made from the rows alone: grouped, at most 80 columns wide. What does not fit into the left column stands on a line of
 * its own above its text.
 */
#include "ask/help.h"

#include "ask/option.h"
#include "base/diag.h"
#include "base/io.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define TEXT_COLUMN 27
#define WIDTH 79

static const char head[] =
    "Usage: smap [OPTION]... [COMMAND [ARG]...] [::: VALUE... | :::: FILE...]...\n"
    "Apply COMMAND to every task (a line of stdin), serially or in parallel; the\n"
    "results come out in the order of the tasks.\n"
    "\n"
    "  seq 3 | smap echo hello {}           {} is the task; without: last argument\n"
    "  smap -P 8 gzip -9 {} ::: *.log       8 at a time\n"
    "  smap 'wc -l < {} > {.}.n' ::: *.txt  one word with blanks is a shell line\n"
    "  smap -P auto -a tasks.txt            no COMMAND: every task is a shell line\n";

static const char tail[] =
    "\n"
    "Placeholders: {} {.} {/} {//} {/.} {#} {%} {N} {name}\n"
    "Exit status: 0 all succeeded, 1 some task failed, 2 usage, 3 smap failed,\n"
    "126/127 COMMAND cannot be run/found, 128+n stopped by signal n.\n"
    "The manual, man smap, has the whole story.\n";

static const char *const titles[] = {
    [OPTION_GENERAL] = "General",  [OPTION_TASKS] = "Tasks",     [OPTION_COMMANDS] = "Commands",
    [OPTION_WORKERS] = "Functions and filters",
    [OPTION_BACKENDS] = "Backends", [OPTION_RESULTS] = "Results",
    [OPTION_LIMITS] = "Failures and limits", [OPTION_WATCHING] = "Watching",
};

static int print(struct buf *text)
{
    int rc = 0;

    if (io_write_all(STDOUT_FILENO, text->ptr, text->len) < 0 && errno != EPIPE)
        rc = diag_errno("write stdout");
    buf_release(text);
    return rc;
}

static void put_spaces(struct buf *out, size_t n)
{
    while (n--)
        buf_putc(out, ' ');
}

/* "-P, -j, --procs, --jobs": all spellings of a row. */
static void put_spellings(struct buf *out, const struct option_row *row, const char *between)
{
    if (row->letter)
        buf_printf(out, "-%c%s", row->letter, between);
    if (row->other_letter)
        buf_printf(out, "-%c%s", row->other_letter, between);
    buf_printf(out, "--%s", row->name);
    if (row->other_name)
        buf_printf(out, "%s--%s", between, row->other_name);
}

static void put_label(struct buf *out, const struct option_row *row)
{
    buf_puts(out, row->letter ? "  " : "      ");
    put_spellings(out, row, ", ");
    if (row->metavar)
        buf_printf(out, row->flags & OPTION_OPTIONAL_ARG ? "[=%s]" : " %s", row->metavar);
}

/* Appends TEXT from column COLUMN on, broken at blanks before the WIDTH. */
static void put_wrapped(struct buf *out, const char *text, size_t column)
{
    size_t at = column;

    while (*text) {
        size_t len = strcspn(text, " ");

        if (at > column && at + 1 + len > WIDTH) {
            buf_putc(out, '\n');
            put_spaces(out, column);
            at = column;
        } else if (at > column) {
            buf_putc(out, ' ');
            at++;
        }
        buf_put(out, text, len);
        at += len;
        text += len + (text[len] == ' ');
    }
    buf_putc(out, '\n');
}

static void put_row(struct buf *out, const struct option_row *row)
{
    size_t start = out->len;

    put_label(out, row);
    size_t used = out->len - start;

    if (used + 1 > TEXT_COLUMN) {
        buf_putc(out, '\n');
        used = 0;
    }
    put_spaces(out, TEXT_COLUMN - used);
    put_wrapped(out, row->help, TEXT_COLUMN);
}

int help_show(void)
{
    struct buf out = BUF_INIT;
    size_t count;
    const struct option_row *row = option_table(&count);

    buf_puts(&out, head);
    for (size_t group = 0; group < sizeof titles / sizeof *titles; group++) {
        buf_printf(&out, "\n%s:\n", titles[group]);
        for (size_t i = 0; i < count; i++)
            if (row[i].group == group)
                put_row(&out, &row[i]);
    }
    buf_puts(&out, tail);
    return print(&out);
}

int help_version(void)
{
    struct buf out = BUF_INIT;

    buf_puts(&out, "smap " SMAP_VERSION "\n");
    return print(&out);
}

int help_list(void)
{
    struct buf out = BUF_INIT;
    size_t count;
    const struct option_row *row = option_table(&count);

    for (size_t i = 0; i < count; i++) {
        if (row[i].group == OPTION_INTERNAL)
            continue;
        put_spellings(&out, &row[i], " ");
        buf_printf(&out, "\t%s\t%s\t%s%s\t%s\n", row[i].metavar ? row[i].metavar : "-",
                   row[i].choices ? row[i].choices : "-", row[i].flags & OPTION_REPEATABLE ? "repeatable" : "once",
                   row[i].flags & OPTION_OPTIONAL_ARG ? ",optional" : "", row[i].help);
    }
    return print(&out);
}
