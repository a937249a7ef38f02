/* What is under way, what is due, and what became of it. */
#include "load.h"

#include <stdlib.h>
#include <time.h>

#define QUEUE (4 * MAX_OPERATIONS)

struct options options = {.port = 5970, .callee_port = 5980, .domain = "bench.local", .window = MAX_OPERATIONS / 2,
                          .deadline_us = US_PER_S, .hold_us = 50000, .stop_us = 60 * US_PER_S, .expires = 3600};
struct operation operations[MAX_OPERATIONS];
struct account *accounts, *callers;
int account_count, caller_count;
struct tally tally;

/* A queue of operations in order of time: what has been finished meanwhile is skipped by its generation. */
struct queue {
    struct { int slot; uint32_t generation; uint64_t at; } entries[QUEUE];
    unsigned head, tail;
};
static struct queue deadlines, byes;

static int free_slots[MAX_OPERATIONS], free_count, next_account;

uint64_t clock_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * US_PER_S + (uint64_t)t.tv_nsec / 1000;
}

static void enqueue(struct queue *queue, int slot, uint64_t at)
{
    unsigned position = queue->tail++ % QUEUE;
    queue->entries[position].slot = slot;
    queue->entries[position].generation = operations[slot].generation;
    queue->entries[position].at = at;
}

/* The next operation that is due and still in use, or -1. */
static int due(struct queue *queue, uint64_t now)
{
    while (queue->head != queue->tail) {
        unsigned position = queue->head % QUEUE;
        int slot = queue->entries[position].slot;
        bool in_use = operations[slot].stage != FREE && operations[slot].generation == queue->entries[position].generation;
        if (in_use && queue->entries[position].at > now)
            return -1;
        queue->head++;
        if (in_use)
            return slot;
    }
    return -1;
}

bool make_room(long count)
{
    for (int i = MAX_OPERATIONS; i-- > 0;)
        free_slots[free_count++] = i;
    tally.whole_us = calloc((size_t)count + 1, sizeof *tally.whole_us);
    tally.first_us = calloc((size_t)count * 2 + 1, sizeof *tally.first_us);
    return tally.whole_us && tally.first_us;
}

int begin_operation(uint64_t now)
{
    int slot = free_slots[--free_count];
    struct operation *operation = &operations[slot];
    /* one registration at a time per account; with more under way than accounts there is no such one */
    for (int tries = 0; !options.calls && accounts[next_account].operation >= 0 && tries < account_count; tries++)
        next_account = (next_account + 1) % account_count;
    operation->generation++;
    operation->account = next_account;
    operation->caller = caller_count ? (int)(tally.started % caller_count) : 0;
    operation->started = now;
    operation->hold_us = 0;
    next_account = (next_account + 1) % account_count;
    tally.started++;
    tally.under_way++;
    enqueue(&deadlines, slot, now + options.deadline_us + (options.calls ? options.hold_us : 0));
    return slot;
}

int bye_due(uint64_t now)
{
    int slot = due(&byes, now);
    if (slot >= 0)
        operations[slot].hold_us = now - operations[slot].progressed;
    return slot;
}

int deadline_passed(uint64_t now)
{
    return due(&deadlines, now);
}

void progressed(int slot, uint64_t now)
{
    operations[slot].progressed = now;
    tally.first_us[tally.firsts++] = (uint32_t)(now - operations[slot].started);
}

void talking(int slot, uint64_t now)
{
    enqueue(&byes, slot, now + options.hold_us);
}

void finished(int slot, int code, uint64_t now)
{
    struct operation *operation = &operations[slot];
    tally.by_code[code < CODES ? code : 0]++;
    if (code == 200)
        tally.whole_us[tally.succeeded++] = (uint32_t)(now - operation->started - operation->hold_us);
    else
        tally.failed++;
    if (tally.log) {
        uint64_t offset = clock_us(CLOCK_REALTIME) - clock_us(CLOCK_MONOTONIC);
        fprintf(tally.log, "%s %.6f %.6f %d\n", accounts[operation->account].number,
                (double)(operation->started + offset) / 1e6, (double)(now + offset) / 1e6, code);
    }
    operation->stage = FREE;
    if (!options.calls)
        accounts[operation->account].operation = -1;
    free_slots[free_count++] = slot;
    tally.under_way--;
    tally.last_answer = now;
}
