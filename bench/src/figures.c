/* The figures of a run, as one JSON object. */
#include "load.h"

#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void print_percentiles(const char *name, uint32_t *values, long count)
{
    static const struct { const char *name; double part; } points[] = {{"p50", .5}, {"p90", .9}, {"p99", .99}, {"max", 1}};
    qsort(values, (size_t)count, sizeof *values, ascending);
    for (int i = 0; i < 4; i++)
        printf(", \"%s_%s_us\": %u", name, points[i].name, count ? values[(long)(points[i].part * (double)(count - 1))] : 0);
}

void print_figures(double elapsed_s, uint64_t late_us, double cpu_s)
{
    printf("{\"mode\": \"%s\", \"offered\": %ld, \"ok\": %ld, \"failed\": %ld, \"elapsed_s\": %.6f, \"late_us\": %llu, \"cpu_s\": %.6f",
           options.mode, tally.started, tally.succeeded, tally.failed, elapsed_s, (unsigned long long)late_us, cpu_s);
    print_percentiles("whole", tally.whole_us, tally.succeeded);
    print_percentiles("first", tally.first_us, tally.firsts);
    printf(", \"codes\": {");
    const char *comma = "";
    for (int code = 0; code < CODES; code++)
        if (tally.by_code[code]) {
            printf("%s\"%d\": %ld", comma, code, tally.by_code[code]);
            comma = ", ";
        }
    printf("}}\n");
}
