/* SPDX-License-Identifier: Apache-2.0 */
/* Unsigned integers of any length, in base 10^9: addition, multiplication, printing.
 * The demonstration prints factorials and Fibonacci numbers. */
#include <assert.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE UINT32_C(1000000000)
#define BASE_DIGITS 9

typedef struct {
    uint32_t *limbs; /* least significant first, no leading zeros */
    size_t count;
    size_t room;
} bignum;

static void reserve(bignum *n, size_t room) {
    if (room <= n->room) {
        return;
    }
    size_t grown = n->room ? n->room * 2 : 4;
    if (grown < room) {
        grown = room;
    }
    uint32_t *limbs = realloc(n->limbs, grown * sizeof *limbs);
    if (limbs == NULL) {
        perror("bignum");
        exit(EXIT_FAILURE);
    }
    n->limbs = limbs;
    n->room = grown;
}

static bignum bignum_from(uint64_t value) {
    bignum n = {NULL, 0, 0};
    while (value > 0) {
        reserve(&n, n.count + 1);
        n.limbs[n.count++] = (uint32_t)(value % BASE);
        value /= BASE;
    }
    return n;
}

static void bignum_free(bignum *n) {
    free(n->limbs);
    *n = (bignum){NULL, 0, 0};
}

static void trim(bignum *n) {
    while (n->count > 0 && n->limbs[n->count - 1] == 0) {
        n->count--;
    }
}

/* a += b */
static void bignum_add(bignum *a, const bignum *b) {
    size_t longest = a->count > b->count ? a->count : b->count;
    reserve(a, longest + 1);
    uint32_t carry = 0;
    for (size_t i = 0; i < longest || carry; i++) {
        uint32_t sum = carry;
        sum += i < a->count ? a->limbs[i] : 0;
        sum += i < b->count ? b->limbs[i] : 0;
        carry = sum >= BASE;
        a->limbs[i] = carry ? sum - BASE : sum;
        if (i >= a->count) {
            a->count = i + 1;
        }
    }
}

/* a *= small */
static void bignum_scale(bignum *a, uint32_t small) {
    assert(small < BASE);
    uint64_t carry = 0;
    for (size_t i = 0; i < a->count; i++) {
        uint64_t product = (uint64_t)a->limbs[i] * small + carry;
        a->limbs[i] = (uint32_t)(product % BASE);
        carry = product / BASE;
    }
    if (carry > 0) {
        reserve(a, a->count + 1);
        a->limbs[a->count++] = (uint32_t)carry;
    }
    trim(a);
}

/* Schoolbook multiplication; the result is a new number. */
static bignum bignum_multiply(const bignum *a, const bignum *b) {
    bignum product = {NULL, 0, 0};
    size_t count = a->count + b->count;
    if (a->count == 0 || b->count == 0) {
        return product;
    }
    reserve(&product, count);
    memset(product.limbs, 0, count * sizeof *product.limbs);
    product.count = count;
    for (size_t i = 0; i < a->count; i++) {
        uint64_t carry = 0;
        for (size_t j = 0; j < b->count || carry; j++) {
            uint64_t term = product.limbs[i + j] + carry;
            if (j < b->count) {
                term += (uint64_t)a->limbs[i] * b->limbs[j];
            }
            product.limbs[i + j] = (uint32_t)(term % BASE);
            carry = term / BASE;
        }
    }
    trim(&product);
    return product;
}

static void bignum_print(const bignum *n, FILE *out) {
    if (n->count == 0) {
        fputc('0', out);
        return;
    }
    fprintf(out, "%" PRIu32, n->limbs[n->count - 1]);
    for (size_t i = n->count - 1; i-- > 0;) {
        fprintf(out, "%0*" PRIu32, BASE_DIGITS, n->limbs[i]);
    }
}

int main(void) {
    bignum factorial = bignum_from(1);
    for (uint32_t i = 2; i <= 50; i++) {
        bignum_scale(&factorial, i);
    }
    printf("50! = ");
    bignum_print(&factorial, stdout);

    bignum square = bignum_multiply(&factorial, &factorial);
    printf("\n(50!)^2 = ");
    bignum_print(&square, stdout);

    bignum a = bignum_from(0), b = bignum_from(1);
    for (int i = 0; i < 300; i++) {
        bignum_add(&a, &b);
        bignum swap = a;
        a = b;
        b = swap;
    }
    printf("\nF(300) = ");
    bignum_print(&a, stdout);
    putchar('\n');

    bignum_free(&factorial);
    bignum_free(&square);
    bignum_free(&a);
    bignum_free(&b);
    return 0;
}
