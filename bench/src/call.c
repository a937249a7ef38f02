/* Calls: INVITE, (401 or 407, ACK, INVITE again,) 180, 200, ACK, hold time, BYE, 200; the callee answers at once. */
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const char sdp[] = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                          "m=audio 5990 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

/* Request line and the headers every request of a call has in common; returns the length. `apart` is appended to the
 * branch, for requests that share a CSeq and are yet transactions of their own. */
static int request_head(char *out, size_t size, int slot, const char *method, const char *apart, const char *uri,
                        struct span to, const char *route)
{
    const struct operation *operation = &operations[slot];
    const struct account *caller = &callers[operation->caller];
    char source[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &caller->source, source, sizeof source);
    return snprintf(out, size,
                    "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%d;branch=z9hG4bK%x.%x.%s.%u%s\r\nMax-Forwards: 70\r\n%s"
                    "From: <sip:%s@%s>;tag=f%x.%x\r\nTo: %.*s\r\nCall-ID: %x.%x.%s@bench\r\nCSeq: %u %s\r\n",
                    method, uri, source, options.port, slot, operation->generation, options.identity, operation->cseq,
                    apart, route, caller->number, options.domain, slot, operation->generation, (int)to.length, to.at,
                    slot, operation->generation, options.identity, operation->cseq, method);
}

static void send_invite(int slot)
{
    struct operation *operation = &operations[slot];
    struct account *caller = &callers[operation->caller];
    const char *callee = accounts[operation->account].number;
    char message[MESSAGE_SIZE], credentials[1024] = "", uri[160], to[170], source[INET_ADDRSTRLEN];
    operation->cseq++;
    snprintf(uri, sizeof uri, "sip:%s@%s", callee, options.domain);
    int to_length = snprintf(to, sizeof to, "<%s>", uri);
    if (operation->stage == AUTHENTICATED)
        authorization(caller, "Proxy-Authorization", "INVITE", uri, credentials, sizeof credentials);
    inet_ntop(AF_INET, &caller->source, source, sizeof source);
    int length = request_head(message, sizeof message, slot, "INVITE", "", uri,
                              (struct span){to, (size_t)to_length}, "");
    length += snprintf(message + length, sizeof message - (size_t)length,
                       "Contact: <sip:%s@%s:%d>\r\nUser-Agent: bench\r\n%sContent-Type: application/sdp\r\n"
                       "Content-Length: %zu\r\n\r\n%s",
                       caller->number, source, options.port, credentials, sizeof sdp - 1, sdp);
    send_to_server(caller->source, message, length);
}

void start_call(int slot)
{
    struct operation *operation = &operations[slot];
    operation->cseq = 0;
    operation->stage = options.keep_nonce && callers[operation->caller].challenge.count ? AUTHENTICATED : FIRST;
    send_invite(slot);
}

/* ACK of a refusal: same branch and CSeq as the INVITE (RFC 3261 section 17.1.1.3). */
static void acknowledge_refusal(int slot, const char *message)
{
    char ack[MESSAGE_SIZE], uri[160];
    struct span to;
    if (!header(message, "To:", &to))
        return;
    snprintf(uri, sizeof uri, "sip:%s@%s", accounts[operations[slot].account].number, options.domain);
    int length = request_head(ack, sizeof ack, slot, "ACK", "", uri, to, "");
    length += snprintf(ack + length, sizeof ack - (size_t)length, "Content-Length: 0\r\n\r\n");
    send_to_server(callers[operations[slot].caller].source, ack, length);
}

/* The route set of the dialog: the Record-Routes in reverse order (RFC 3261 section 12.1.2). */
static bool route_set(const char *message, char *out, size_t size)
{
    struct span value;
    size_t used = 0;
    out[0] = 0;
    while (next_header(&message, "Record-Route:", &value)) {
        char one[400];
        int length = snprintf(one, sizeof one, "Route: %.*s\r\n", (int)value.length, value.at);
        if (length >= (int)sizeof one || used + (size_t)length >= size)
            return false;
        memmove(out + length, out, used + 1);
        memcpy(out, one, (size_t)length);
        used += (size_t)length;
    }
    return true;
}

/* Sends the ACK of a 200 and keeps the BYE ready; false if the 200 lacks what a dialog needs. */
static bool establish(int slot, const char *message)
{
    struct operation *operation = &operations[slot];
    struct span contact, to;
    char target[256], route[1024], ack[MESSAGE_SIZE];
    if (!header(message, "Contact:", &contact) || !header(message, "To:", &to) || !route_set(message, route, sizeof route))
        return false;
    const char *end = memchr(contact.at, '>', contact.length);
    if (*contact.at != '<' || !end || end - contact.at > (long)sizeof target)
        return false;
    snprintf(target, sizeof target, "%.*s", (int)(end - contact.at - 1), contact.at + 1);
    const char *tail = "Content-Length: 0\r\n\r\n";
    int length = request_head(ack, sizeof ack, slot, "ACK", ".ack", target, to, route);
    length += snprintf(ack + length, sizeof ack - (size_t)length, "%s", tail);
    operation->cseq++;
    int bye = request_head(operation->bye, sizeof operation->bye, slot, "BYE", "", target, to, route);
    bye += snprintf(operation->bye + bye, bye < (int)sizeof operation->bye ? sizeof operation->bye - (size_t)bye : 0, "%s", tail);
    if (bye >= (int)sizeof operation->bye)
        return false;
    operation->bye_length = bye;
    send_to_server(callers[operation->caller].source, ack, length);
    return true;
}

void send_bye(int slot)
{
    struct operation *operation = &operations[slot];
    operation->stage = CLOSING;
    send_to_server(callers[operation->caller].source, operation->bye, operation->bye_length);
}

static void invite_answered(int slot, const char *message, int code, uint64_t now)
{
    struct operation *operation = &operations[slot];
    struct account *caller = &callers[operation->caller];
    bool waiting = operation->stage == FIRST || operation->stage == AUTHENTICATED;
    bool stale = options.keep_nonce && operation->stage == AUTHENTICATED && operation->cseq == 1;
    if (!waiting)
        return;
    if (code == 200) {
        progressed(slot, now);
        if (!establish(slot, message)) {
            finished(slot, 0, now);
            return;
        }
        operation->stage = TALKING;
        talking(slot, now);
        return;
    }
    acknowledge_refusal(slot, message);
    if ((code == 401 || code == 407) && (operation->stage == FIRST || stale) &&
        read_challenge(message, &caller->challenge)) {
        operation->stage = AUTHENTICATED;
        send_invite(slot);
        return;
    }
    finished(slot, code, now);
}

void call_answered(const char *message, int code, uint64_t now)
{
    struct span call_id, cseq;
    unsigned slot, generation, number;
    if (code < 200 || !header(message, "Call-ID:", &call_id) || !header(message, "CSeq:", &cseq) ||
        sscanf(call_id.at, "%x.%x.", &slot, &generation) != 2 || sscanf(cseq.at, "%u", &number) != 1 ||
        slot >= MAX_OPERATIONS)
        return;
    struct operation *operation = &operations[slot];
    if (operation->stage == FREE || operation->generation != generation || operation->cseq != number)
        return;
    if (memmem(cseq.at, cseq.length, "BYE", 3))
        finished((int)slot, code, now);
    else
        invite_answered((int)slot, message, code, now);
}

static void answer(const char *status, const char *copied, struct span to, bool with_sdp, struct in_addr source,
                   const struct sockaddr_in *from)
{
    char message[MESSAGE_SIZE], address[INET_ADDRSTRLEN];
    bool tagged = memmem(to.at, to.length, ";tag=", 5) != NULL;
    inet_ntop(AF_INET, &source, address, sizeof address);
    int length = snprintf(message, sizeof message,
                          "SIP/2.0 %s\r\n%sTo: %.*s%s\r\nContact: <sip:callee@%s:%d>\r\n%sContent-Length: %zu\r\n\r\n%s",
                          status, copied, (int)to.length, to.at, tagged ? "" : ";tag=callee", address,
                          options.callee_port, with_sdp ? "Content-Type: application/sdp\r\n" : "",
                          with_sdp ? sizeof sdp - 1 : 0, with_sdp ? sdp : "");
    if (length < (int)sizeof message)
        send_from_callee(source, from, message, length);
}

/* The callee: 180 and 200 to an INVITE, 200 to everything else. */
void callee_received(const char *message, const struct sockaddr_in *from, struct in_addr to_address)
{
    static const char *const names[] = {"Via:", "Record-Route:", "From:", "Call-ID:", "CSeq:"};
    char copied[3000];
    size_t used = 0;
    struct span value, to;
    if (!strncmp(message, "ACK ", 4) || status_code(message) || !header(message, "To:", &to))
        return;
    for (int i = 0; i < 5; i++) {
        const char *position = message;
        while (next_header(&position, names[i], &value)) {
            if (used + value.length + 40 > sizeof copied)
                return;
            used += (size_t)snprintf(copied + used, sizeof copied - used, "%s %.*s\r\n", names[i], (int)value.length, value.at);
        }
    }
    bool invite = !strncmp(message, "INVITE ", 7);
    if (invite)
        answer("180 Ringing", copied, to, false, to_address, from);
    answer("200 OK", copied, to, invite, to_address, from);
}
