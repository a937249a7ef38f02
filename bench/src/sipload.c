/* SIP load generator: registrations and calls over UDP at a rate (open loop) or with so many under way (closed loop).
 *
 *   sipload register|call -f ACCOUNTS -n COUNT (-r PER_SECOND | -w WINDOW) [options]
 *
 * Nothing is retransmitted: an answer that is lost or later than the deadline is a failure. Ends with one JSON object.
 *
 *   -f FILE   accounts, a line each: number password [contact parameters]; they register or are called, in turn
 *   -c FILE   callers, likewise (call mode)
 *   -a IP     server's address (127.0.0.1)          -P PORT   server's port (5060)
 *   -p PORT   own port (5970)                       -U PORT   callee's port, the one in registered Contacts (5980)
 *   -s COUNT  spread accounts over so many source addresses from 127.64.0.1 on (0: all 127.0.0.1)
 *   -o FIRST  begin with this line of both files    -u COUNT  use so many (all)
 *   -d NAME   domain in the URIs (bench.local)      -e SEC    Expires of registrations (3600)
 *   -k        keep the nonce: answer the last challenge again instead of asking for a new one each time
 *   -i TEXT   part of every Call-ID: the same text in a later run refreshes the same bindings (process id)
 *   -t MS     deadline of an operation (1000)       -T SEC    stop after so long (60); what is open then has failed
 *   -H MS     time between ACK and BYE (50)         -l FILE   log: number, start and end (unix seconds), code, a line each
 *
 * SIGINT: no more are started, those under way end, the figures follow.
 *
 * Latencies are exact percentiles in microseconds: "whole" from the first request to the last 200 without the hold
 * time, "first" to the 401 (register) or to the INVITE's 200 (call). "late" is the worst delay of a start. */
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

static void usage(void)
{
    fprintf(stderr, "usage: sipload register|call -f ACCOUNTS -n COUNT (-r RATE | -w WINDOW) [options]\n");
    exit(2);
}

static void read_accounts(const char *path, int first, int most, struct account **list, int *count)
{
    FILE *file = fopen(path, "r");
    char line[320];
    int size = 1024;
    /* higher than in any earlier run with the same Call-ID: it counts on in quarters of a thousandth of a second */
    uint32_t cseq = (uint32_t)(clock_us(CLOCK_REALTIME) / 4000) & 0x3fffffff;
    if (!file) {
        perror(path);
        exit(1);
    }
    *list = calloc((size_t)size, sizeof **list);
    for (int number = 0; *list && *count < most && fgets(line, sizeof line, file); number++) {
        if (number < first)
            continue;
        if (*count == size)
            *list = realloc(*list, (size_t)(size *= 2) * sizeof **list);
        if (!*list)
            break;
        struct account *account = &(*list)[*count];
        memset(account, 0, sizeof *account);
        if (sscanf(line, "%31s %63s %159s", account->number, account->password, account->contact_params) < 2)
            continue;
        uint32_t address = options.sources ? 0x7f400001u + (uint32_t)(number % options.sources) : INADDR_LOOPBACK;
        account->source.s_addr = htonl(address);
        account->cseq = cseq;
        account->operation = -1;
        ++*count;
    }
    fclose(file);
    if (!*list || !*count) {
        fprintf(stderr, "sipload: no accounts in %s\n", path);
        exit(2);
    }
}

static void read_options(int argc, char **argv)
{
    const char *account_path = NULL, *caller_path = NULL, *address = "127.0.0.1";
    static char identity[16];
    int option, port = 5060, first = 0, most = 1 << 30;
    snprintf(identity, sizeof identity, "%x", (unsigned)getpid());
    options.identity = identity;
    if (argc < 2 || (strcmp(argv[1], "register") && strcmp(argv[1], "call")))
        usage();
    options.mode = argv[1];
    options.calls = !strcmp(argv[1], "call");
    optind = 2;
    while ((option = getopt(argc, argv, "f:c:n:r:w:a:P:p:U:s:o:u:d:e:ki:t:T:H:l:")) != -1)
        switch (option) {
        case 'f': account_path = optarg; break;
        case 'c': caller_path = optarg; break;
        case 'n': options.count = atol(optarg); break;
        case 'r': options.rate = atof(optarg); break;
        case 'w': options.window = atol(optarg); break;
        case 'a': address = optarg; break;
        case 'P': port = atoi(optarg); break;
        case 'p': options.port = atoi(optarg); break;
        case 'U': options.callee_port = atoi(optarg); break;
        case 's': options.sources = atoi(optarg); break;
        case 'o': first = atoi(optarg); break;
        case 'u': most = atoi(optarg); break;
        case 'd': options.domain = optarg; break;
        case 'e': options.expires = atoi(optarg); break;
        case 'k': options.keep_nonce = true; break;
        case 'i': options.identity = optarg; break;
        case 't': options.deadline_us = strtoull(optarg, NULL, 10) * 1000; break;
        case 'T': options.stop_us = strtoull(optarg, NULL, 10) * US_PER_S; break;
        case 'H': options.hold_us = strtoull(optarg, NULL, 10) * 1000; break;
        case 'l': tally.log = fopen(optarg, "w"); break;
        default: usage();
        }
    if (!account_path || options.count <= 0 || options.window <= 0 || (options.calls && !caller_path))
        usage();
    options.server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, address, &options.server.sin_addr) != 1)
        usage();
    read_accounts(account_path, first, most, &accounts, &account_count);
    if (caller_path)
        read_accounts(caller_path, first, most, &callers, &caller_count);
    if (options.window > MAX_OPERATIONS)
        options.window = MAX_OPERATIONS;
    if (!options.calls && options.window > account_count)
        options.window = account_count;
}

/* Starts what is due; returns the microseconds until the next start (at most a thousandth of a second). */
static uint64_t start_due(uint64_t begin, uint64_t *late)
{
    const uint64_t most = 1000;
    for (int burst = 0; burst < 16 && tally.started < options.count && tally.under_way < options.window; burst++) {
        uint64_t now = clock_us(CLOCK_MONOTONIC);
        if (options.rate > 0) {
            uint64_t at = begin + (uint64_t)((double)tally.started * 1e6 / options.rate);
            if (at > now)
                return at - now < most ? at - now : most;
            if (now - at > *late)
                *late = now - at;
        }
        int slot = begin_operation(now);
        if (options.calls)
            start_call(slot);
        else
            start_registration(slot);
    }
    return tally.started < options.count && tally.under_way < options.window ? 0 : most;
}

static uint64_t run(uint64_t begin)
{
    uint64_t late = 0;
    tally.last_answer = begin;
    while (tally.started < options.count || tally.under_way > 0) {
        if (interrupted)
            options.count = tally.started;
        uint64_t wait = start_due(begin, &late), now = clock_us(CLOCK_MONOTONIC);
        if (now - begin > options.stop_us) {
            tally.failed += tally.under_way;
            tally.by_code[0] += tally.under_way;
            break;
        }
        for (int slot; (slot = bye_due(now)) >= 0;)
            send_bye(slot);
        int received = receive_batch(options.calls ? call_answered : registration_answered, callee_received, now);
        for (int slot; (slot = deadline_passed(now)) >= 0;)
            finished(slot, 0, now);
        if (!received && wait)
            wait_readable(wait);
    }
    return late;
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    prctl(PR_SET_TIMERSLACK, 1000);
    signal(SIGINT, interrupt);
    open_caller_socket(options.port);
    if (options.calls)
        open_callee_socket(options.callee_port);
    if (!make_room(options.count)) {
        perror("sipload");
        return 1;
    }
    uint64_t begin = clock_us(CLOCK_MONOTONIC), cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID), late = run(begin);
    cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    print_figures((double)(tally.last_answer - begin) / 1e6, late, (double)cpu / 1e6);
    if (tally.log)
        fclose(tally.log);
    return 0;
}
