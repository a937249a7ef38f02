/* REGISTER as a phone does it: always the same Call-ID and Contact for one account, CSeq going up, so that every
 * registration after the first is a refresh of the binding (RFC 3261 section 10.2.4). */
#include "load.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static void send_register(int slot)
{
    struct operation *operation = &operations[slot];
    struct account *account = &accounts[operation->account];
    char message[MESSAGE_SIZE], credentials[1024] = "", uri[160], source[INET_ADDRSTRLEN];
    operation->cseq = ++account->cseq;
    if (operation->stage == AUTHENTICATED) {
        snprintf(uri, sizeof uri, "sip:%s", options.domain);
        authorization(account, "Authorization", "REGISTER", uri, credentials, sizeof credentials);
    }
    inet_ntop(AF_INET, &account->source, source, sizeof source);
    int length = snprintf(
        message, sizeof message,
        "REGISTER sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%d;branch=z9hG4bK%x.%s.%x\r\nMax-Forwards: 70\r\n"
        "From: <sip:%s@%s>;tag=f%x.%x\r\nTo: <sip:%s@%s>\r\nCall-ID: %x.%s@bench\r\nCSeq: %u REGISTER\r\n"
        "Contact: <sip:%s@%s:%d>%s\r\nExpires: %d\r\nUser-Agent: bench\r\n%sContent-Length: 0\r\n\r\n",
        options.domain, source, options.port, operation->account, options.identity, operation->cseq, account->number,
        options.domain, operation->account, operation->generation, account->number, options.domain, operation->account,
        options.identity, operation->cseq, account->number, source, options.callee_port, account->contact_params,
        options.expires, credentials);
    send_to_server(account->source, message, length);
}

void start_registration(int slot)
{
    struct operation *operation = &operations[slot];
    struct account *account = &accounts[operation->account];
    account->operation = slot;
    operation->stage = options.keep_nonce && account->challenge.count ? AUTHENTICATED : FIRST;
    send_register(slot);
}

void registration_answered(const char *message, int code, uint64_t now)
{
    struct span call_id, cseq;
    unsigned index, number;
    if (code < 200 || !header(message, "Call-ID:", &call_id) || !header(message, "CSeq:", &cseq) ||
        sscanf(call_id.at, "%x.", &index) != 1 || sscanf(cseq.at, "%u", &number) != 1 || index >= (unsigned)account_count)
        return;
    struct account *account = &accounts[index];
    int slot = account->operation;
    if (slot < 0 || operations[slot].cseq != number) /* late: it has been counted as failed */
        return;
    struct operation *operation = &operations[slot];
    /* with a kept nonce the first answer may be a challenge again (stale), but only once */
    bool stale = options.keep_nonce && operation->stage == AUTHENTICATED && account->challenge.count > 1;
    if (code == 401 && (operation->stage == FIRST || stale)) {
        progressed(slot, now);
        if (!read_challenge(message, &account->challenge)) {
            finished(slot, code, now);
            return;
        }
        operation->stage = AUTHENTICATED;
        send_register(slot);
        return;
    }
    finished(slot, code, now);
}
