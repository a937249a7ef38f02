/* MD5 (RFC 1321) of short texts, for SIP digest authentication. */
#include "load.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t sines[64];
static const int shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static void make_sines(void)
{
    for (int i = 0; i < 64; i++)
        sines[i] = (uint32_t)floor(4294967296.0 * fabs(sin(i + 1)));
}

static void block(uint32_t state[4], const uint8_t *octets)
{
    uint32_t words[16], a = state[0], b = state[1], c = state[2], d = state[3];
    memcpy(words, octets, sizeof words);
    for (int i = 0; i < 64; i++) {
        uint32_t mixed;
        int word;
        if (i < 16) {
            mixed = (b & c) | (~b & d);
            word = i;
        } else if (i < 32) {
            mixed = (d & b) | (~d & c);
            word = (5 * i + 1) & 15;
        } else if (i < 48) {
            mixed = b ^ c ^ d;
            word = (3 * i + 5) & 15;
        } else {
            mixed = c ^ (b | ~d);
            word = (7 * i) & 15;
        }
        mixed += a + sines[i] + words[word];
        a = d;
        d = c;
        c = b;
        int shift = shifts[i / 16][i & 3];
        b += (mixed << shift) | (mixed >> (32 - shift));
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

void md5_hex(const char *text, size_t length, char out[33])
{
    uint8_t buffer[1024];
    uint32_t state[4] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u};
    size_t padded = ((length + 8) / 64 + 1) * 64;
    uint64_t bits = (uint64_t)length * 8;
    if (!sines[0])
        make_sines();
    if (padded > sizeof buffer) {
        fprintf(stderr, "sipload: text too long for md5\n");
        exit(2);
    }
    memcpy(buffer, text, length);
    buffer[length] = 0x80;
    memset(buffer + length + 1, 0, padded - length - 1);
    memcpy(buffer + padded - sizeof bits, &bits, sizeof bits);
    for (size_t i = 0; i < padded; i += 64)
        block(state, buffer + i);
    const uint8_t *digest = (const uint8_t *)state;
    for (int i = 0; i < 16; i++) {
        out[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    out[32] = 0;
}
