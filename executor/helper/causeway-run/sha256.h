/* SHA-256. Source: FIPS 180-4. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct sha256 {
  uint32_t state[8];
  uint64_t size;
  unsigned char block[64];
};

void sha256_init(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *from, size_t size);
/* Ends it. */
void sha256_hex(struct sha256 *sha, char hex[65]);
