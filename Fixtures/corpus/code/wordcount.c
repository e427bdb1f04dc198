/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the words of the files named on the command line, or of standard input, and prints
 * the most frequent ones. The table uses open addressing with linear probing. */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORD 128
#define DEFAULT_TOP 20

typedef struct {
    char *word; /* NULL while the slot is free */
    uint32_t hash;
    unsigned long count;
} slot_t;

typedef struct {
    slot_t *slots;
    size_t capacity; /* always a power of two */
    size_t used;
    unsigned long total;
} table_t;

static void *must_alloc(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (memory == NULL) {
        fprintf(stderr, "wordcount: out of memory\n");
        exit(EXIT_FAILURE);
    }
    return memory;
}

/* FNV-1a, 32 bits. */
static uint32_t hash_bytes(const char *bytes, size_t length) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++) {
        hash ^= (unsigned char)bytes[i];
        hash *= 16777619u;
    }
    return hash;
}

static void table_init(table_t *table, size_t capacity) {
    table->slots = must_alloc(capacity, sizeof(slot_t));
    table->capacity = capacity;
    table->used = 0;
    table->total = 0;
}

static void table_free(table_t *table) {
    for (size_t i = 0; i < table->capacity; i++) {
        free(table->slots[i].word);
    }
    free(table->slots);
    table->slots = NULL;
    table->capacity = table->used = 0;
}

static slot_t *table_find(const table_t *table, const char *word, uint32_t hash) {
    size_t mask = table->capacity - 1;
    size_t index = hash & mask;
    for (;;) {
        slot_t *slot = &table->slots[index];
        if (slot->word == NULL) {
            return slot;
        }
        if (slot->hash == hash && strcmp(slot->word, word) == 0) {
            return slot;
        }
        index = (index + 1) & mask;
    }
}

static void table_grow(table_t *table) {
    table_t bigger;
    table_init(&bigger, table->capacity * 2);
    for (size_t i = 0; i < table->capacity; i++) {
        slot_t *old = &table->slots[i];
        if (old->word != NULL) {
            *table_find(&bigger, old->word, old->hash) = *old;
        }
    }
    free(table->slots);
    table->slots = bigger.slots;
    table->capacity = bigger.capacity;
}

static void table_add(table_t *table, const char *word, size_t length) {
    uint32_t hash = hash_bytes(word, length);
    slot_t *slot = table_find(table, word, hash);
    table->total++;
    if (slot->word != NULL) {
        slot->count++;
        return;
    }
    slot->word = must_alloc(length + 1, 1);
    memcpy(slot->word, word, length);
    slot->hash = hash;
    slot->count = 1;
    table->used++;
    if (table->used * 4 > table->capacity * 3) {
        table_grow(table);
    }
}

static bool is_word_byte(int c) {
    return isalnum(c) || c == '\'' || c >= 0x80;
}

static void count_stream(table_t *table, FILE *stream) {
    char word[MAX_WORD + 1];
    size_t length = 0;
    int c;
    do {
        c = getc(stream);
        if (c != EOF && is_word_byte(c)) {
            if (length < MAX_WORD) {
                word[length++] = (char)(c < 0x80 ? tolower(c) : c);
            }
        } else if (length > 0) {
            word[length] = '\0';
            table_add(table, word, length);
            length = 0;
        }
    } while (c != EOF);
}

static int by_count(const void *left, const void *right) {
    const slot_t *a = left;
    const slot_t *b = right;
    if (a->count != b->count) {
        return a->count < b->count ? 1 : -1;
    }
    return strcmp(a->word, b->word);
}

static void print_top(const table_t *table, size_t top) {
    slot_t *sorted = must_alloc(table->used + 1, sizeof(slot_t));
    size_t n = 0;
    for (size_t i = 0; i < table->capacity; i++) {
        if (table->slots[i].word != NULL) {
            sorted[n++] = table->slots[i];
        }
    }
    qsort(sorted, n, sizeof(slot_t), by_count);
    for (size_t i = 0; i < n && i < top; i++) {
        double share = 100.0 * (double)sorted[i].count / (double)table->total;
        printf("%8lu  %5.2f%%  %s\n", sorted[i].count, share, sorted[i].word);
    }
    printf("%zu different words, %lu in all\n", n, table->total);
    free(sorted);
}

int main(int argc, char **argv) {
    table_t table;
    table_init(&table, 1024);
    int status = EXIT_SUCCESS;
    if (argc < 2) {
        count_stream(&table, stdin);
    }
    for (int i = 1; i < argc; i++) {
        FILE *stream = fopen(argv[i], "rb");
        if (stream == NULL) {
            fprintf(stderr, "wordcount: %s: %s\n", argv[i], strerror(errno));
            status = EXIT_FAILURE;
            continue;
        }
        count_stream(&table, stream);
        fclose(stream);
    }
    print_top(&table, DEFAULT_TOP);
    table_free(&table);
    return status;
}
