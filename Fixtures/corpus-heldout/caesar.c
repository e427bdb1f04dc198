/* SPDX-License-Identifier: Apache-2.0 */
/* Shifts letters by a number of places: caesar 3 < plain.txt > secret.txt */
#include <stdio.h>
#include <stdlib.h>

static int shift(int c, int places) {
    if (c >= 'a' && c <= 'z') {
        return 'a' + (c - 'a' + places) % 26;
    }
    if (c >= 'A' && c <= 'Z') {
        return 'A' + (c - 'A' + places) % 26;
    }
    return c;
}

int main(int argc, char **argv) {
    char *end = NULL;
    long places = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (argc != 2 || end == argv[1] || *end != '\0') {
        fprintf(stderr, "usage: caesar PLACES\n");
        return 64;
    }
    places = (places % 26 + 26) % 26;
    for (int c = getchar(); c != EOF; c = getchar()) {
        putchar(shift(c, (int)places));
    }
    return ferror(stdin) ? EXIT_FAILURE : EXIT_SUCCESS;
}
