/* Reading SIP messages (RFC 3261 section 7) and answering digest challenges (RFC 7616). */
#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The next header called `name` (with its colon) after *position, which is moved on behind it. */
bool next_header(const char **position, const char *name, struct span *value)
{
    size_t length = strlen(name);
    const char *line = *position;
    while ((line = strstr(line, "\r\n"))) {
        line += 2;
        if (*line == '\r' || !*line)
            return false;
        if (strncasecmp(line, name, length))
            continue;
        line += length;
        while (*line == ' ')
            line++;
        const char *end = strstr(line, "\r\n");
        value->at = line;
        value->length = end ? (size_t)(end - line) : strlen(line);
        *position = line;
        return true;
    }
    return false;
}

bool header(const char *message, const char *name, struct span *value)
{
    return next_header(&message, name, value);
}

/* The status code of a response, or 0 for a request. */
int status_code(const char *message)
{
    return strncmp(message, "SIP/2.0 ", 8) ? 0 : atoi(message + 8);
}

/* The value of name=value or name="value" in `in`; false if it is absent or longer than `size` allows. */
static bool parameter(struct span in, const char *name, char *out, size_t size)
{
    size_t length = strlen(name);
    const char *end = in.at + in.length;
    for (const char *at = in.at; at + length < end; at++) {
        bool begins = at == in.at || at[-1] == ' ' || at[-1] == ',';
        if (!begins || strncasecmp(at, name, length) || at[length] != '=')
            continue;
        const char *from = at + length + 1, *to;
        if (*from == '"') {
            from++;
            to = memchr(from, '"', (size_t)(end - from));
        } else {
            for (to = from; to < end && *to != ',' && *to != ' ';)
                to++;
        }
        if (!to || (size_t)(to - from) >= size)
            return false;
        memcpy(out, from, (size_t)(to - from));
        out[to - from] = 0;
        return true;
    }
    return false;
}

/* Finds the MD5 challenge of a 401 or 407: a server may offer stronger ones before it (RFC 8760 section 2.3). */
bool read_challenge(const char *message, struct challenge *challenge)
{
    static const char *const names[] = {"WWW-Authenticate:", "Proxy-Authenticate:"};
    for (int i = 0; i < 2; i++) {
        const char *position = message;
        struct span value;
        char algorithm[32];
        while (next_header(&position, names[i], &value)) {
            if (parameter(value, "algorithm", algorithm, sizeof algorithm) && strcasecmp(algorithm, "MD5"))
                continue;
            if (!parameter(value, "opaque", challenge->opaque, sizeof challenge->opaque))
                challenge->opaque[0] = 0;
            challenge->count = 0;
            return parameter(value, "realm", challenge->realm, sizeof challenge->realm) &&
                   parameter(value, "nonce", challenge->nonce, sizeof challenge->nonce);
        }
    }
    return false;
}

/* Writes the header line that answers the account's challenge, with its line end; returns its length. */
int authorization(struct account *account, const char *header_name, const char *method, const char *uri, char *out,
                  size_t size)
{
    static const char client_nonce[] = "0a4f113b";
    struct challenge *challenge = &account->challenge;
    char text[768], ha2[33], response[33];
    if (!account->ha1[0])
        md5_hex(text,
                (size_t)snprintf(text, sizeof text, "%s:%s:%s", account->number, challenge->realm, account->password),
                account->ha1);
    md5_hex(text, (size_t)snprintf(text, sizeof text, "%s:%s", method, uri), ha2);
    challenge->count++;
    md5_hex(text,
            (size_t)snprintf(text, sizeof text, "%s:%s:%08x:%s:auth:%s", account->ha1, challenge->nonce,
                             challenge->count, client_nonce, ha2),
            response);
    const char *opaque_name = challenge->opaque[0] ? ", opaque=\"" : "";
    return snprintf(out, size,
                    "%s: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", response=\"%s\", "
                    "algorithm=MD5, cnonce=\"%s\", qop=auth, nc=%08x%s%s%s\r\n",
                    header_name, account->number, challenge->realm, challenge->nonce, uri, response, client_nonce,
                    challenge->count, opaque_name, challenge->opaque, challenge->opaque[0] ? "\"" : "");
}
