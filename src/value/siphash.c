// SPDX-License-Identifier: MIT
//
// SipHash-1-3, by Aumasson and Bernstein: a hash of bytes that nobody who does
// not know the secret can make collide. It is what Python hashes strings with.
//
//     a, b, c, d = four constants, mixed with the two words of the secret
//     for each word of eight bytes:       d ^= word; 1 round; a ^= word
//     the bytes left, and the size on top of them: likewise
//     c ^= 0xff; 3 rounds
//     the hash is a ^ b ^ c ^ d
//
// A round adds, rotates and xors each of the four into its neighbours.
#include "value.h"

#include <string.h>

struct sip {
    uint64_t a, b, c, d;    // v0 to v3 of the paper
};

static inline uint64_t sip_rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static inline void sip_round(struct sip *sip)
{
    sip->a += sip->b;
    sip->c += sip->d;
    sip->b = sip_rotate(sip->b, 13) ^ sip->a;
    sip->d = sip_rotate(sip->d, 16) ^ sip->c;
    sip->a = sip_rotate(sip->a, 32);
    sip->c += sip->b;
    sip->a += sip->d;
    sip->b = sip_rotate(sip->b, 17) ^ sip->c;
    sip->d = sip_rotate(sip->d, 21) ^ sip->a;
    sip->c = sip_rotate(sip->c, 32);
}

static inline void sip_absorb(struct sip *sip, uint64_t word)
{
    sip->d ^= word;
    sip_round(sip);
    sip->a ^= word;
}

// The first byte is the lowest, on every machine.
static inline uint64_t sip_word(const unsigned char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

// The bytes that fill no word, as the lower ones of one.
static inline uint64_t sip_rest(const unsigned char *bytes, size_t size)
{
    size_t rest = size & 7;
    uint64_t word = 0;
    if (rest == 0)
        return 0;
    if (size >= 8)
        return sip_word(bytes + size - 8) >> (64 - 8 * rest);
    for (size_t i = 0; i < rest; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

uint64_t weft__siphash(const uint64_t secret[2], const void *bytes, size_t size)
{
    struct sip sip = {
        secret[0] ^ 0x736f6d6570736575, secret[1] ^ 0x646f72616e646f6d,
        secret[0] ^ 0x6c7967656e657261, secret[1] ^ 0x7465646279746573,
    };
    for (size_t at = 0; size - at >= 8; at += 8)
        sip_absorb(&sip, sip_word((const unsigned char *)bytes + at));
    sip_absorb(&sip, (uint64_t)size << 56 | sip_rest(bytes, size));
    sip.c ^= 0xff;
    sip_round(&sip);
    sip_round(&sip);
    sip_round(&sip);
    return sip.a ^ sip.b ^ sip.c ^ sip.d;
}
