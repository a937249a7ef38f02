/* Shared parts of the SIP load generator (see sipload.c for its use).
 *
 * One thread, UDP, IPv4. An *account* is a line of the accounts file: a number that can register or be called.
 * An *operation* is one registration or one call from its first request to its last answer. */
#ifndef LOAD_H
#define LOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define MESSAGE_SIZE 4096
#define MAX_OPERATIONS 32768
#define US_PER_S 1000000ull
#define CODES 700

/* A part of a received message; not terminated. */
struct span {
    const char *at;
    size_t length;
};

/* What is needed to answer one digest challenge (RFC 7616, MD5 with qop=auth). */
struct challenge {
    char realm[128];
    char nonce[256];
    char opaque[128];
    uint32_t count; /* nonce count of the last request sent with it; 0 = no challenge known */
};

struct account {
    char number[32];
    char password[64];
    char contact_params[160]; /* appended to the Contact, e.g. ;+sip.instance="<urn:uuid:...>" */
    char ha1[33];             /* of the realm in `challenge` */
    struct in_addr source;
    struct challenge challenge;
    uint32_t cseq;
    int operation; /* the registration under way, or -1 */
};

enum stage { FREE, FIRST, AUTHENTICATED, TALKING, CLOSING };

struct operation {
    enum stage stage;
    uint32_t generation;  /* tells a late answer from one to this use of the slot */
    int account;          /* who registers or is called */
    int caller;           /* who calls */
    uint32_t cseq;        /* of the request that is waited for */
    uint64_t started;     /* microseconds, monotonic */
    uint64_t progressed;  /* first answer that counts: 401 of a registration, 200 of an INVITE */
    uint64_t hold_us;     /* time between ACK and BYE as it was, not counted as latency */
    int bye_length;
    char bye[1400];
};

struct options {
    const char *mode;
    bool calls;
    struct sockaddr_in server;
    int port, callee_port;
    const char *domain;
    long count, window;
    double rate;
    uint64_t deadline_us, hold_us, stop_us;
    int sources, expires;
    bool keep_nonce;
    const char *identity; /* second part of every Call-ID */
};

/* What became of the operations so far. */
struct tally {
    long started, under_way, succeeded, failed, firsts, by_code[CODES];
    uint32_t *whole_us, *first_us;
    uint64_t last_answer;
    FILE *log;
};

/* Who hears a final or provisional answer, and who hears a request sent to this address. */
typedef void answered(const char *message, int code, uint64_t now);
typedef void requested(const char *message, const struct sockaddr_in *from, struct in_addr to);

extern struct options options;
extern struct tally tally;
extern struct operation operations[MAX_OPERATIONS];
extern struct account *accounts, *callers;
extern int account_count, caller_count;

/* state.c */
uint64_t clock_us(clockid_t clock);
bool make_room(long count);
int begin_operation(uint64_t now);               /* takes a slot for the next account */
void progressed(int slot, uint64_t now);
void talking(int slot, uint64_t now);            /* the BYE in the operation is due after the hold time */
void finished(int slot, int code, uint64_t now); /* 200 = success; 0 = deadline passed */
int bye_due(uint64_t now);                       /* a slot, or -1 */
int deadline_passed(uint64_t now);               /* a slot, or -1 */

/* registration.c */
void start_registration(int slot);
answered registration_answered;

/* call.c */
void start_call(int slot);
void send_bye(int slot);
answered call_answered;
requested callee_received;

/* figures.c */
void print_figures(double elapsed_s, uint64_t late_us, double cpu_s);

/* udp.c */
void open_caller_socket(int port);
void open_callee_socket(int port);
void send_to_server(struct in_addr source, const char *message, int length);
void send_from_callee(struct in_addr source, const struct sockaddr_in *to, const char *message, int length);
int receive_batch(answered *caller, requested *callee, uint64_t now); /* hands on what is there; number of datagrams */
void wait_readable(uint64_t most_us);

/* message.c */
bool header(const char *message, const char *name, struct span *value);
bool next_header(const char **position, const char *name, struct span *value);
int status_code(const char *message);
bool read_challenge(const char *message, struct challenge *challenge);
int authorization(struct account *account, const char *header_name, const char *method, const char *uri, char *out,
                  size_t size);

/* md5.c */
void md5_hex(const char *text, size_t length, char out[33]);

#endif
